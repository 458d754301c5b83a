import { serverProgram } from './built-servers.ts';
import { Program, type ProgramOptions } from './program.ts';

/*
 * Prometheus's own tool, for tests that require('promtool'). Each function returns promtool's output, and
 * throws with it if promtool fails.
 */

/** Checks rule files, also for bad style (duplicate rules, names). */
export function checkRules(...files: string[]): Promise<string> {
  return promtool(['check', 'rules', '--lint=all', '--lint-fatal', ...files]);
}

/** Checks a prometheus.yml with the rule files that it names. */
export function checkConfiguration(file: string): Promise<string> {
  return promtool(['check', 'config', '--lint=all', '--lint-fatal', file]);
}

/** Runs files of unit tests of rules. Paths of rule files in one are relative to it. */
export function testRules(...files: string[]): Promise<string> {
  const environment = { GOGC: '400' }; // up to 350 MB in place of 120 MB, for a tenth less work
  return promtool(['test', 'rules', ...files], { environment });
}

/**
 * Checks metrics in Prometheus's text format (0.0.4): their syntax, and the style of names, help and units.
 */
export function checkMetrics(text: string): Promise<string> {
  return promtool(['check', 'metrics'], { input: text });
}

/** Writes samples with times (OpenMetrics text, with # EOF) as blocks into a Prometheus's data directory. */
export function createBlocksFromOpenMetrics(file: string, dataDirectory: string): Promise<string> {
  return promtool(['tsdb', 'create-blocks-from', 'openmetrics', file, dataDirectory]);
}

async function promtool(args: readonly string[], options?: ProgramOptions): Promise<string> {
  const program = new Program([serverProgram('promtool'), ...args], options);
  const { code, stdout, stderr } = await program.ended;
  if (code !== 0) throw new Error(`${program} ended with ${code}\n${stdout}${stderr}`);
  return stdout + stderr;
}
