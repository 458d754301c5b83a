import { parentPort } from 'node:worker_threads';
import type { Account } from '../../src/runtime/index.ts';
import { serveSink } from '../../src/sinks/index.ts';
import { loadDuckDB } from '../../src/store/index.ts';

/* A sink in whose thread DuckDB works when it should stop, and for some seconds more. */

const LASTING_MS = 5_000;

const { DuckDBInstance } = await loadDuckDB();
const connection = await (await DuckDBInstance.create(':memory:')).connect();
let account: Account;

await serveSink((_: undefined, { ledger }) => {
  account = ledger.open('lasting', 'records');
  return {
    name: 'lasting',
    account,
    start: async () => {},
    write: async () => {},
    stop: async () => {
      const work = connection.run('SELECT count(*) FROM range(100000000) a, range(100000) b');
      setTimeout(() => connection.interrupt(), LASTING_MS);
      await work.catch(() => {});
      parentPort!.postMessage({
        kind: 'log',
        entry: { level: 'info', component: 'lasting', text: 'is done' },
      });
    },
  };
});
