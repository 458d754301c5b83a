/**
 * What counters grew by, also those that were born meanwhile. `increase` takes the first value that it sees
 * for where a counter began, so that a burst within one scrape interval of a new series would be nothing.
 */

const seconds = { '5m': 300, '15m': 900, '1h': 3_600 } as const;

/**
 * A series that was not there at the beginning of the window counts from 0, if it would have been seen there:
 * its process was scraped then, or has begun since. A restart of Prometheus, or a gap in its data, gives
 * birth to nothing. A process that begins anew under the same labels is a reset, which `increase` knows.
 */
export function grown(counter: string, during: keyof typeof seconds): string {
  return `${counter} unless ${counter} offset ${during}
  and on (job, instance) (up offset ${during} == 1 or time() - process_start_time_seconds < ${seconds[during]})
  or increase(${counter}[${during}])`;
}
