import type { Objection, Section, Shape, Values } from '../../runtime/index.ts';
import { type SinkKind, spoolSettings } from '../../sinks/index.ts';
import { EventLog } from '../event-log/index.ts';
import { MOST_LABELS } from '../flow-lines/index.ts';
import { FlowLogWorkerSink } from '../flow-log-worker-sink.ts';
import type { FlowLogOptions } from '../options.ts';
import type { pushOptions } from './push-options.ts';

type PushValues = Values<ReturnType<typeof pushOptions>>;

/** A kind of sink that logs flows, whose options commands that search for flows read as well. */
export interface FlowLogKind<S extends Shape = Shape> extends SinkKind<S> {
  flowLogOptions(values: Values<S>): FlowLogOptions;
}

export const flowLogKind = <S extends ReturnType<typeof pushOptions>>(
  key: string,
  options: Section<S>,
  flowLogOptions: (values: Values<S>) => FlowLogOptions,
): FlowLogKind<S> => ({
  key,
  options,
  flowLogOptions,
  path: ({ spool }: PushValues) => spool?.directory,
  make: (name, values, context) => new FlowLogWorkerSink(name, flowLogOptions(values), context),
  events: {
    isWanted: ({ events }: PushValues) => events,
    make: (name, values, parts) => new EventLog(name, flowLogOptions(values), parts),
  },
});

/** What the sections of both servers have under the same names, in the units of the sink. */
export function pushSettings<V extends PushValues>(values: V) {
  const { url, spool, events: _, timeout, batchAge, batchKilobytes, queueMegabytes, ...same } = values;
  return {
    ...same,
    url: url.href,
    timeoutMs: timeout,
    batchAgeMs: batchAge,
    batchOctets: batchKilobytes,
    queueOctets: queueMegabytes,
    spool: spool && spoolSettings(spool),
  };
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** An option that the file does not have must not stand in the way of a default. */
export function withoutUndefined<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** What is wrong with a sink whose options are right one by one. */
export function objectionTo(
  others: Readonly<Record<string, unknown>>,
  streamsBy: string,
): Objection | undefined {
  const fields = others[streamsBy] as readonly string[];
  if (fields.length > MOST_LABELS) return { key: streamsBy, expected: `at most ${MOST_LABELS} ${streamsBy}` };
  if (others.bearerTokenFile !== undefined && others.username !== undefined)
    return 'username or bearerTokenFile, not both';
  if (others.passwordFile !== undefined && others.username === undefined)
    return { key: 'passwordFile', expected: 'a username beside it' };
  if ((others.certificateFile === undefined) !== (others.keyFile === undefined))
    return 'certificateFile and keyFile together';
  return undefined;
}
