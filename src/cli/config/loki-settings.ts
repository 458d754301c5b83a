import type { z } from 'zod';
import type { LokiSinkOptions } from '../../logs/index.ts';
import type { lokiSink } from './loki-options.ts';

const MEBI = 1_048_576;

/** What a sink runs with whose section has been checked. */
export function lokiSettings(section: z.output<typeof lokiSink>): LokiSinkOptions {
  const { url, spool, timeout, batchAge, batchKilobytes, queueMegabytes, ...same } = section;
  return withoutUndefined({
    ...same,
    url: url!.href,
    timeoutMs: timeout,
    batchAgeMs: batchAge,
    batchOctets: batchKilobytes === undefined ? undefined : batchKilobytes * 1024,
    queueOctets: queueMegabytes === undefined ? undefined : queueMegabytes * MEBI,
    spool:
      spool.directory === undefined
        ? undefined
        : { directory: spool.directory, maxOctets: (spool.megabytes ?? 1024) * MEBI },
  });
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** An option that the file does not have must not stand in the way of a default. */
function withoutUndefined<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
}
