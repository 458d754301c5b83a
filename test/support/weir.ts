import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { NetworkNamespace } from './namespace.ts';
import type { Ended, Program } from './program.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

/**
 * An aggregator treats flows that began in its first five seconds as older than itself, since clocks differ.
 */
export const aggregatorSkewMs = 5_500;

/** The program as a user starts it, but under the Node that runs the tests, so that its pid is its own. */
export const weirProgram = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** A line of the ledger that a command prints at its end. */
export interface LedgerLine {
  name: string;
  unit: string;
  received: number;
  sent: number;
  dropped: number;
  held: number;
  closes: boolean;
  /** Reasons and events, as printed. */
  remarks: string;
}

/**
 * Starts `weir agent` or `weir aggregator` in a namespace with this configuration, and waits until it works.
 */
export async function startWeir(
  namespace: NetworkNamespace,
  command: 'agent' | 'aggregator',
  configuration: object,
  directory: TemporaryDirectory,
): Promise<Program> {
  const file = directory.file(`${command}-${Math.random().toString(36).slice(2)}.yaml`);
  writeFileSync(file, JSON.stringify(configuration)); // JSON is YAML
  const program = namespace.startModule(weirProgram, [command, '--config', file]);
  await program.says(/weir: ready/);
  return program;
}

/** Asks a Weir to end, as a user does, and reads the ledger that it prints. */
export async function stopWeir(program: Program): Promise<LedgerLine[]> {
  const ended = await program.stop();
  if (ended.code !== 0) throw new Error(program.account());
  return readLedger(ended);
}

export function readLedger({ stderr }: Ended): LedgerLine[] {
  const pattern =
    /^(?<name>\S.*?) {2,}(?<unit>\S+) +(?<received>\d+) +(?<sent>\d+) +(?<dropped>\d+) +(?<held>\d+) +(?<closes>yes|NO) *(?<remarks>.*)$/gm;
  return [...stderr.matchAll(pattern)].map(({ groups }) => {
    const { name, unit, received, sent, dropped, held, closes, remarks } = groups as Record<string, string>;
    const numbers = { received, sent, dropped, held };
    return {
      name: name!,
      unit: unit!,
      ...(Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, Number(value)])) as {
        [K in keyof typeof numbers]: number;
      }),
      closes: closes === 'yes',
      remarks: remarks!,
    };
  });
}
