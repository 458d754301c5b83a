/*
 * A program that keeps events until it is killed: node event-writer.ts DIRECTORY FIRST LOG. It writes how
 * many are kept into the log, a file, as soon as the store says so. Their numbers begin with FIRST.
 */
import { appendFileSync } from 'node:fs';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { EventStore } from '../../src/store/index.ts';
import { madeEvent } from './made-event.ts';

/** Some 200 KB. */
const MOST_HELD = 1_000;

const [directory, first, log] = process.argv.slice(2);
const parts = {
  clock: systemClock,
  ledger: new Ledger(),
  log: new Log(systemClock, (line) => appendFileSync(log!, `trouble ${line}\n`)),
};
const store = new EventStore('event history', parts);
await store.open({ directory: directory!, maxOctets: 1e9, maxAgeMs: 1e12 });
let kept = 0;
for (let number = Number(first); ; number++) {
  store.write(madeEvent({ facts: { number } }));
  // Events that find no room in memory are dropped.
  do await new Promise(setImmediate);
  while (store.account.held > MOST_HELD);
  const { sent } = store.account;
  if (sent > kept) appendFileSync(log!, `kept ${Number(first) + sent}\n`);
  kept = sent;
}
