import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { notGiven } from '../test/support/needs.ts';

/** The file for the reporter's outcome, as JSON. */
export const outcomeVariable = 'WEIR_TEST_OUTCOME';

export interface Outcome {
  passed: number;
  /** Tests that failed, and files and suites that broke outside a test. */
  failed: number;
  /** The full titles of the tests that did not run, and should have. */
  leftOut: string[];
  /** Number of tests that did not run because nobody gave the program that they need. */
  notGiven: number;
}

/** A vitest reporter that passes the numbers to `npm test`. Vitest's own reporter prints for people. */
export default class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const outcome: Outcome = { passed: 0, failed: unhandled.length, leftOut: [], notGiven: 0 };
    for (const module of modules) {
      for (const broken of [module, ...module.children.allSuites()]) {
        if (broken.errors().length > 0) outcome.failed++;
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') outcome.passed++;
        else if (state === 'failed') outcome.failed++;
        else if (test.fullName.includes(`(${notGiven}: `)) outcome.notGiven++;
        else outcome.leftOut.push(`${module.relativeModuleId} > ${test.fullName}`);
      }
    }
    const file = process.env[outcomeVariable];
    if (file) writeFileSync(file, JSON.stringify(outcome));
  }
}
