/*
 * A program that fills a spool until it is ended: node spool-writer.ts DIRECTORY FIRST. Says `appended N` and
 * `done N` as soon as the spool has promised that. Of three frames it takes one out again.
 */
import { DiskSpool } from '../../src/runtime/index.ts';
import { numberedFrame, numberOf } from './numbered-frames.ts';

const [directory, first] = process.argv.slice(2);
const spool = await DiskSpool.open({ directory: directory!, maxOctets: 2 ** 30, segmentOctets: 2_000_000 });

let next = Number(first);
async function append(): Promise<void> {
  for (;;) {
    const number = next++;
    await spool.append(numberedFrame(number, 1 + ((number * 7919) % 300_000)));
    console.log(`appended ${number}`);
    if (number % 3 > 0) continue;
    const oldest = (await spool.oldest())!;
    if (await spool.acknowledge(oldest)) console.log(`done ${numberOf(oldest)}`);
  }
}
await Promise.all([append(), append()]);
