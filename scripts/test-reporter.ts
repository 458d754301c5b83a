import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { notGiven } from '../test/support/needs.ts';

/** Where the reporter writes its outcome, as JSON. */
export const outcomeVariable = 'WEIR_TEST_OUTCOME';

export interface Outcome {
  passed: number;
  /** Tests that failed, and files and suites that broke outside a test. */
  failed: number;
  /** The full titles of the tests that did not run, and should have. */
  leftOut: string[];
  /** How many did not run because nobody has given the program that they are of. */
  notGiven: number;
}

/** A vitest reporter that hands the numbers to `npm test`. What people read comes from vitest's own. */
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
