import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { launcherEnvironment, launcherFlags } from '../launcher.ts';
import type { PipelineResult } from './receiver.ts';

/** As bin/weir starts Node. */
export const nodeFlags = launcherFlags.others;
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/weir', import.meta.url));
export const nodeVariables = { NODE_COMPILE_CACHE: compileCache, ...launcherEnvironment };
const FLOWS = 200_000;
const ROUNDS = 4;
/** Flows before, which stay: by then the hot code is compiled. */
const WARMUP_FLOWS = 20_000;
const HALVES = 2;
const WARMUP_RECORDS = WARMUP_FLOWS * HALVES * ROUNDS;

/** Records of one run that are measured. */
export const RECORDS = FLOWS * HALVES * ROUNDS;

/**
 * Sends both halves of many flows through a receiver, in separate processes.
 * @param more further arguments for the receiver
 * @param certificate files of a certificate and its key, for TLS
 * @throws when octets were lost or invented on the way: then the speed is worth nothing
 */
export async function runPipeline(
  program: 'receiver' | 'naive-receiver',
  recordsAMessage: number,
  more: readonly string[] = [],
  certificate: readonly string[] = [],
): Promise<PipelineResult> {
  const args = [`${WARMUP_RECORDS + RECORDS}`, `${WARMUP_RECORDS}`, ...more, ...tlsArguments(certificate)];
  const receiver = fork(new URL(`${program}.ts`, import.meta.url), args, {
    execArgv: [...nodeFlags],
    env: { ...nodeVariables, ...process.env },
  });
  try {
    const [{ port }] = (await once(receiver, 'message')) as [{ port: number }];
    const result = once(receiver, 'message') as Promise<[PipelineResult]>;
    const load = [port, FLOWS, ROUNDS, recordsAMessage, WARMUP_FLOWS, ...certificate].map(String);
    const sender = fork(new URL('sender.ts', import.meta.url), load, { execArgv: [] });
    const [status] = (await once(sender, 'exit')) as [number | null];
    if (status !== 0) throw new Error(`the sender ended with ${status}`);
    return checkResult((await result)[0]);
  } finally {
    receiver.kill();
  }
}

const tlsArguments = ([certificate, key]: readonly string[]): string[] =>
  certificate === undefined ? [] : [`--certificate=${certificate}`, `--key=${key}`];

function checkResult(result: PipelineResult): PipelineResult {
  let octets = 0;
  for (let flow = 0; flow < FLOWS + WARMUP_FLOWS; flow++) octets += 4 * ROUNDS * (1_500 + (flow % 1_000));
  if (result.octets !== octets) throw new Error(`sent ${octets} octets in flows, ${result.octets} came out`);
  if (!result.ledgerCloses) throw new Error('the ledger does not close');
  return result;
}
