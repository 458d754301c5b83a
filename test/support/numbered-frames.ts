import { createHash } from 'node:crypto';
import type { DiskSpool, Frame } from '../../src/sinks/index.ts';

/** A frame that contains its number in each of its parts. */
export function numberedFrame(number: number, octets: number): Frame {
  const payload = new Uint8Array(Buffer.alloc(octets, createHash('sha256').update(String(number)).digest()));
  return { payload, records: number, timeMs: 1_790_000_000_000.25 + number, kind: number % 5 };
}

/** Its number. Throws if a part has another number. */
export function numberOf(frame: Frame): number {
  const { payload, ...rest } = numberedFrame(frame.records, frame.payload.length);
  const isWhole =
    Buffer.compare(payload, frame.payload) === 0 && rest.timeMs === frame.timeMs && rest.kind === frame.kind;
  if (!isWhole) throw new Error(`frame ${frame.records} is not as it was`);
  return frame.records;
}

/** Takes all frames out of a spool, or at most so many. Returns their numbers. */
export async function drain(spool: DiskSpool, most = Number.POSITIVE_INFINITY): Promise<number[]> {
  const numbers: number[] = [];
  while (numbers.length < most) {
    const frame = await spool.oldest();
    if (frame === undefined) break;
    numbers.push(numberOf(frame));
    if (!(await spool.acknowledge(frame))) throw new Error(`frame ${frame.records} is not there any more`);
  }
  return numbers;
}
