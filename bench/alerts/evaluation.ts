import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../test/support/until.ts';

/** The cost of evaluating a rule for its server. */
export interface Cost {
  /** Of one evaluation. */
  readonly cpuMs: number;
  /** The growth of resident memory during repeated evaluation. */
  readonly memoryMB: number;
}

const IDLE_MS = 2_000;
/** The quietest of this many counts: a server may still clean up after earlier work. */
const IDLE_TIMES = 5;
const EVALUATIONS = 7;
const ENOUGH_MS = 30_000;
/** Clock ticks of /proc/PID/stat in a second: USER_HZ, which is 100 on all of Linux. */
const TICKS_A_SECOND = 100;

/**
 * Lets a server evaluate one rule once a second, or as often as it can.
 * @param load makes the server load a rule file
 * @param evaluations number of evaluations since its start
 */
export async function costOfEvaluation(
  pid: number,
  expr: string,
  load: (ruleFile: string) => Promise<void>,
  evaluations: () => Promise<number>,
): Promise<Cost> {
  await load('groups: []\n');
  await delay(1_000);
  const idle = await idleShare(pid);
  const rule = { alert: 'Measured', expr };
  await load(JSON.stringify({ groups: [{ name: 'measured', interval: '1s', rules: [rule] }] })); // JSON is YAML
  /** Waits for this many evaluations, or for one after enough time. Returns their number. */
  const awaitEvaluations = async (count: number): Promise<number> => {
    const [before, started] = [await evaluations(), performance.now()];
    const evaluationsSince = async () => {
      const were = (await evaluations()) - before;
      const isLate = performance.now() - started > ENOUGH_MS;
      return (were >= count || (were > 0 && isLate)) && were;
    };
    return until('an evaluation', evaluationsSince, { timeoutMs: 300_000, everyMs: 100 });
  };
  await awaitEvaluations(1);
  const residentBefore = residentMB(pid, 'VmRSS');
  writeFileSync(`/proc/${pid}/clear_refs`, '5'); // resets the peak
  let were = 0;
  const busy = await cpuWhile(pid, async () => {
    were = await awaitEvaluations(EVALUATIONS);
  });
  return {
    cpuMs: (busy.cpuMs - idle * busy.ms) / were,
    memoryMB: Math.max(0, residentMB(pid, 'VmHWM') - residentBefore),
  };
}

/** Its share of a CPU while it evaluates nothing. */
async function idleShare(pid: number): Promise<number> {
  const shares: number[] = [];
  for (let time = 0; time < IDLE_TIMES; time++) {
    const { cpuMs, ms } = await cpuWhile(pid, () => delay(IDLE_MS));
    shares.push(cpuMs / ms);
  }
  return Math.min(...shares);
}

async function cpuWhile(pid: number, work: () => Promise<unknown>): Promise<{ cpuMs: number; ms: number }> {
  const [cpu, started] = [cpuMs(pid), performance.now()];
  await work();
  return { cpuMs: cpuMs(pid) - cpu, ms: performance.now() - started };
}

/** User and system time, the 14th and 15th field; the name, the 2nd, may have spaces. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_A_SECOND;
}

function residentMB(pid: number, line: 'VmRSS' | 'VmHWM'): number {
  const [, kB] = new RegExp(`${line}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kB) / 1024;
}
