import koffi from 'koffi';

const CLOCK_THREAD_CPUTIME_ID = 3;

type GetTime = (clock: number, time: BigInt64Array) => number;
const getTime = koffi.load(null).func('int clock_gettime(int clock, int64_t *time)') as GetTime;
const time = new BigInt64Array(2);

/**
 * Processor time of this thread in milliseconds, to the nanosecond. `process.threadCpuUsage` is a clock tick
 * behind, up to 4 ms.
 */
export function threadTimeMs(): number {
  getTime(CLOCK_THREAD_CPUTIME_ID, time);
  return Number(time[0]) * 1e3 + Number(time[1]) / 1e6;
}
