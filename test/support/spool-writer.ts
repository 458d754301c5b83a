/*
 * A program that fills a spool until it is ended: node spool-writer.ts DIRECTORY FIRST LOG. It writes `begins
 * N` into the log before it appends a large frame. It writes `appended N` and `done N` as soon as the spool
 * has promised that. The log is a file, because the contents of a pipe are lost with the program. It removes
 * one of three frames again.
 */
import { appendFileSync } from 'node:fs';
import { DiskSpool } from '../../src/sinks/index.ts';
import { numberedFrame, numberOf } from './numbered-frames.ts';

const [directory, first, log] = process.argv.slice(2);
const say = (text: string) => appendFileSync(log!, `${text}\n`);
const spool = await DiskSpool.open({ directory: directory!, maxOctets: 2 ** 30, segmentOctets: 50_000_000 });

let next = Number(first);
async function append(): Promise<void> {
  for (;;) {
    const number = next++;
    const isLarge = number % 8 === 0;
    const frame = numberedFrame(number, isLarge ? 10_000_000 : (number * 7919) % 100_000);
    if (isLarge) say(`begins ${number}`);
    await spool.append(frame);
    say(`appended ${number}`);
    if (number % 3 > 0) continue;
    const oldest = (await spool.oldest())!;
    if (await spool.acknowledge(oldest)) say(`done ${numberOf(oldest)}`);
  }
}
await Promise.all([append(), append()]);
