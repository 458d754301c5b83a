import { resolve } from 'node:path';
import { sinkQueueRecords } from '../../aggregator/index.ts';
import type { FilterWords } from '../../flow/index.ts';
import {
  type Objection,
  optionalSection,
  optionSectionList,
  type Shape,
  textOption,
  type Values,
  withoutDefault,
} from '../../runtime/index.ts';
import { filterOption, type SinkKind } from '../../sinks/index.ts';
import { sinkKinds } from '../sink-kinds.ts';

const shape: Shape = {
  name: textOption({
    description: 'name of the sink in the ledger',
    value: 'a name',
    derived: 'its kind and number',
  }),
  ...Object.fromEntries(sinkKinds.map(({ key, options }) => [key, optionalSection(options)])),
  filter: filterOption('only flows that pass this filter'),
  queueRecords: withoutDefault(sinkQueueRecords, { derived: 'recordBufferSize' }),
};

/** An item of `weir.sinks`: the keys of every sink, and one section with the key of its kind. */
interface SinkItem {
  readonly name?: string;
  readonly filter?: FilterWords;
  readonly queueRecords?: number;
  readonly [kind: string]: unknown;
}

/** An item may have a section for every kind of sink, and a file has exactly one of them. */
export const sinkOptions = optionSectionList(
  'Sinks for flows, besides flowCollector; each has its own queue.',
  shape,
  objectionTo,
);

function objectionTo(item: SinkItem, earlier: readonly SinkItem[]): Objection | undefined {
  if (!isOfOneKind(item)) return `exactly one of ${sinkKinds.map(({ key }) => key).join(', ')}`;
  const sink = sinkSettings(item, earlier.length);
  const others = earlier.flatMap((other, index) => (isOfOneKind(other) ? [sinkSettings(other, index)] : []));
  if (isReserved(sink.name)) {
    return { key: 'name', expected: `a name other than ${sink.name}, which Weir itself uses in the ledger` };
  }
  if (others.some(({ name }) => name === sink.name))
    return { key: 'name', expected: `a name other than ${sink.name}, which a sink before has` };
  if (!others.some((other) => areAtOnePath(sink, other))) return undefined;
  return `a path other than ${pathOf(sink)}, which a sink before has`;
}

/** Names of accounts that the aggregator has besides those of its sinks, and of the window for HTTP. */
const isReserved = (name: string): boolean =>
  /^(aggregator|http( client .*)?|ipfix in( messages)?|log|metrics|process log|recent flows|cluster events|event (history|sinks)|sink .*|.* (spool|events))$/.test(
    name,
  );

const isOfOneKind = (item: SinkItem): boolean =>
  sinkKinds.filter(({ key }) => item[key] !== undefined).length === 1;

export const pathOf = ({ kind, values }: FileSink): string | undefined => kind.path?.(values);

/** Whether two sinks write to one file or directory, of which at least one needs it for itself. */
export function areAtOnePath(one: FileSink, other: FileSink): boolean {
  const [path, otherPath] = [pathOf(one), pathOf(other)];
  if (path === undefined || otherPath === undefined || resolve(path) !== resolve(otherPath)) return false;
  return one.kind.sharesPath !== true || other.kind.sharesPath !== true;
}

type FileSink = Pick<SinkSettings, 'name' | 'kind' | 'values'>;

/** A sink of a file. */
export interface SinkSettings {
  readonly name: string;
  readonly kind: SinkKind;
  /** The values of its kind's options. */
  readonly values: Values<Shape>;
  readonly filter: FilterWords;
  /** Undefined when the file leaves it to the sink. */
  readonly queueRecords: number | undefined;
}

/** @param item a valid item of `weir.sinks`, at `index` */
export function sinkSettings(item: SinkItem, index: number): SinkSettings {
  const kind = sinkKinds.find(({ key }) => item[key] !== undefined)!;
  const { name = `${kind.key}-${index + 1}`, filter = {}, queueRecords } = item;
  return { name, kind, values: item[kind.key] as Values<Shape>, filter, queueRecords };
}
