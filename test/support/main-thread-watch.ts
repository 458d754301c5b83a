import { isMainThread } from 'node:worker_threads';
import { threadTimeMs } from './thread-time.ts';

/*
 * Loaded into a Node program by `watchedMainThread` of main-thread.ts. It answers each message with the main
 * thread's use since the previous one. A timer of 5 ms runs once in a turn of the event loop. So the most
 * processor time between two of its runs is the longest turn. The time of other programs does not count.
 */

const PERIOD_MS = 5;

function watch(): void {
  let cpuMs = 0;
  let longestTurnMs = 0;
  let last = threadTimeMs();
  const look = () => {
    const turnMs = threadTimeMs() - last;
    last += turnMs;
    cpuMs += turnMs;
    longestTurnMs = Math.max(longestTurnMs, turnMs);
  };
  const lookAgain = () => {
    look();
    setTimeout(lookAgain, PERIOD_MS).unref();
  };
  lookAgain();
  process.on('message', () => {
    look();
    process.send!({ cpuMs, longestTurnMs });
    cpuMs = 0;
    longestTurnMs = 0;
  });
  process.channel!.unref();
}

if (isMainThread && process.send !== undefined) watch();
