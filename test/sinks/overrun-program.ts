import { Worker } from 'node:worker_threads';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { ThreadSink } from '../../src/sinks/index.ts';

/* A process that stops a sink whose thread does not stop in time. */

const log = new Log(systemClock, (line) => console.log(line));
const thread = {
  start: (options: object) => new Worker(new URL('./overrun-worker.ts', import.meta.url), options),
  birth: undefined,
  account: { name: 'lasting', unit: 'records' },
  isTerminable: false,
};
const sink = new ThreadSink('lasting', thread, { ledger: new Ledger(), log });
await sink.start();
await sink.stop(0);
console.log('the process has stopped it');
