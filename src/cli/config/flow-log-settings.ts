import type { z } from 'zod';
import type { FlowLogOptions } from '../../logs/index.ts';
import type { lokiSink, victoriaLogsSink } from './flow-log-options.ts';

const MEBI = 1_048_576;

/** What a sink `loki` runs with whose section has been checked. */
export function lokiSettings(section: z.output<typeof lokiSink>): FlowLogOptions {
  return withoutUndefined(pushSettings(section));
}

/** What a sink `victoriaLogs` runs with whose section has been checked. */
export function victoriaLogsSettings(section: z.output<typeof victoriaLogsSink>): FlowLogOptions {
  const { retention, futureRetention, staticFields, streamFields, valuesPerStreamField, fields, ...rest } =
    section;
  return withoutUndefined({
    ...pushSettings(rest),
    server: 'victoriaLogs' as const,
    retentionMs: retention,
    futureMs: futureRetention,
    staticLabels: staticFields,
    labels: streamFields,
    valuesPerLabel: valuesPerStreamField,
    metadata: fields,
  });
}

/** What the sections of both have under the same names. */
type Pushing = Pick<
  z.output<typeof lokiSink>,
  keyof z.output<typeof lokiSink> & keyof z.output<typeof victoriaLogsSink>
>;

function pushSettings<S extends Pushing>(section: S) {
  const { url, spool, timeout, batchAge, batchKilobytes, queueMegabytes, ...same } = section;
  return {
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
  };
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** An option that the file does not have must not stand in the way of a default. */
function withoutUndefined<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
}
