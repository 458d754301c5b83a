import type { FlowLogOptions } from '../../logs/index.ts';
import type { SectionValues } from '../../runtime/index.ts';
import type { SpoolingOptions } from '../../sinks/index.ts';
import type { lokiSink, spoolSection, victoriaLogsSink } from './flow-log-options.ts';

/** What a sink `loki` runs with whose section has been checked. */
export function lokiSettings(section: SectionValues<typeof lokiSink>): FlowLogOptions {
  return withoutUndefined(pushSettings(section));
}

/** What a sink `victoriaLogs` runs with whose section has been checked. */
export function victoriaLogsSettings(section: SectionValues<typeof victoriaLogsSink>): FlowLogOptions {
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
  SectionValues<typeof lokiSink>,
  keyof SectionValues<typeof lokiSink> & keyof SectionValues<typeof victoriaLogsSink>
>;

function pushSettings<S extends Pushing>(section: S) {
  const { url, spool, timeout, batchAge, batchKilobytes, queueMegabytes, ...same } = section;
  return {
    ...same,
    url: url.href,
    timeoutMs: timeout,
    batchAgeMs: batchAge,
    batchOctets: batchKilobytes,
    queueOctets: queueMegabytes,
    spool: spoolSettings(spool),
  };
}

/** The section `spool` of a sink, as it has been checked. */
export const spoolSettings = (
  spool: SectionValues<ReturnType<typeof spoolSection>> | undefined,
): SpoolingOptions | undefined =>
  spool === undefined ? undefined : { directory: spool.directory, maxOctets: spool.megabytes };

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** An option that the file does not have must not stand in the way of a default. */
function withoutUndefined<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
}
