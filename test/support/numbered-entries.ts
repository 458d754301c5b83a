import type { FlowRecord } from '../../src/flow/index.ts';
import { LineReader, type LoggedLine } from '../../src/logs/index.ts';

/*
 * Flows for tests of searches, each identified by its number. Many have the same time, even in one stream.
 */

export const numberedQuery = '{service_name="weir-flows"}';
export const numberedLayout = { omit: [] };

/** One flow for each number, in eight streams. */
export function numberedFlows(numbers: readonly number[], timeMs: (number: number) => number): FlowRecord[] {
  return numbers.map((number) => ({
    flowId: number,
    flowStartMilliseconds: timeMs(number),
    flowEndMilliseconds: timeMs(number),
    sourceIP: '10.0.0.1',
    destinationIP: '10.0.0.2',
    protocolIdentifier: 6,
    sourcePodNamespace: `team-${number % 8}`,
  }));
}

export const numbersUpTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const reader = new LineReader(numberedLayout);
export const numberOf = (line: LoggedLine): number => reader.read(line)!.record.flowId!;

/** All pages of a search. */
export async function collect(pages: AsyncGenerator<LoggedLine[]>): Promise<LoggedLine[][]> {
  const all: LoggedLine[][] = [];
  for await (const page of pages) all.push(page);
  return all;
}
