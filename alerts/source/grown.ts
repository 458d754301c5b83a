/**
 * The growth of counters, including new ones. `increase` starts at the first value that it sees. So it would
 * miss a burst within the first scrape interval of a new series.
 */

const seconds = { '5m': 300, '15m': 900, '1h': 3_600 } as const;

/**
 * A series that is missing at the start of the window may count from 0. It must have been visible then: its
 * process was scraped, or has started since. So a restart of Prometheus, or a gap in its data, creates no
 * growth. A process that restarts with the same labels is a reset, which `increase` handles.
 */
export function growthOf(counter: string, during: keyof typeof seconds): string {
  return `${counter} unless ${counter} offset ${during}
  and on (job, instance) (up offset ${during} == 1 or time() - process_start_time_seconds < ${seconds[during]})
  or increase(${counter}[${during}])`;
}
