/*
 * A program that makes all sums of a history that are missing, and merges them:
 * node history-mender.ts DIRECTORY NOW LOG. It writes "open" and "done" into the log, a file.
 */
import { appendFileSync } from 'node:fs';
import { History } from '../../src/store/index.ts';
import { ShiftedClock } from './shifted-clock.ts';

const [directory, now, log] = process.argv.slice(2);
const history = await History.open({
  directory: directory!,
  maxOctets: 1e9,
  maxAgeMs: 1e12,
  clock: new ShiftedClock(Number(now) - Date.now()),
});
appendFileSync(log!, 'open\n');
await history.flush();
appendFileSync(log!, 'done\n');
await history.close();
