import { isMainThread } from 'node:worker_threads';

/*
 * Loaded into a Node program by `watchedMainThread` of main-thread.ts. It answers each message with the main
 * thread's use since the previous one. A timer of 5 ms runs once in a turn of the event loop, so the most
 * processor time between two of its runs is the longest turn. The time of other programs does not count.
 */

const PERIOD_MS = 5;

const milliseconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

function watch(): void {
  let cpuMs = 0;
  let longestTurnMs = 0;
  let last = process.threadCpuUsage();
  const look = () => {
    const turnMs = milliseconds(process.threadCpuUsage(last));
    last = process.threadCpuUsage();
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
