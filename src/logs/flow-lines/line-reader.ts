import { type FieldName, type FlowRecord, fieldNames, fieldOf, protocols, timeOf } from '../../flow/index.ts';
import { coreFields, isStored, type LogField, LogLayout, type LogLayoutOptions } from './log-layout.ts';

/** An entry as Loki returns it: labels of the stream and structured metadata in one map. */
export interface LoggedLine {
  readonly labels: Readonly<Record<string, string>>;
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint;
  readonly line: string;
}

export interface LoggedFlow {
  /** Times are whole milliseconds. */
  readonly record: FlowRecord;
  /** How many flows the line represents. */
  readonly weight: number;
}

type Values = Partial<Record<FieldName, string | number>>;

const NONE = '-';
const counters = [
  'octetDeltaCount',
  'packetDeltaCount',
  'reverseOctetDeltaCount',
  'reversePacketDeltaCount',
] as const;

/**
 * Reads what `FlowLines` has written with the same options: the inverse of `FlowLine`, `MetadataWriter` and
 * `StreamTable`.
 */
export class LineReader {
  readonly #layout: LogLayout;
  /** Fields that a line leaves out when another field has their value, in the order of their dependence. */
  readonly #expected: readonly (readonly [field: FieldName, as: FieldName])[];

  constructor(options: LogLayoutOptions = {}) {
    this.#layout = new LogLayout(options);
    this.#expected = this.#layout.tail.flatMap((name) => {
      const as = this.#layout.expectationOf(name);
      return as !== undefined && isStored(name) ? [[name, as] as const] : [];
    });
  }

  /** Undefined when the line is not a flow's. */
  read({ labels, timeNs, line }: LoggedLine): LoggedFlow | undefined {
    const core = line.split(' ', coreFields.length);
    if (core.length < coreFields.length || !/^(\d+\.\d{3}s|-)$/.test(core[6]!)) return undefined;
    const said = pairsOf(line);
    const values: Values = {};
    readCore(core, values);
    readTimes(core[6]!, said, Number(timeNs / 1_000_000n), values);
    for (const name of this.#layout.metadata) readNamed(name, labels[name], values);
    if (labels.flowType !== undefined) readNamed('flowType', labels.flowType, values);
    for (const name of this.#layout.tail) readNamed(name, said.get(name), values);
    this.#restore(said, said.get('observedBy') ?? labels.observedBy, values);
    return { record: inOrder(values), weight: Number(said.get('weight') ?? 1) };
  }

  #restore(said: ReadonlyMap<string, string>, observer: string | undefined, values: Values): void {
    for (const [name, as] of this.#expected) {
      if (said.has(name) || values[as] === undefined || !hasReported(name, observer)) continue;
      values[name] = values[as];
    }
  }
}

/** Whether the node of a field has reported the flow; true for a field of no node. */
function hasReported(name: FieldName, observer: string | undefined): boolean {
  if (name.endsWith('FromSourceNode')) return observer === 'source' || observer === 'both';
  if (name.endsWith('FromDestinationNode')) return observer === 'destination' || observer === 'both';
  return true;
}

function readCore(core: readonly string[], values: Values): void {
  const [source, sourcePort, destination, destinationPort, protocol, reason] = core;
  readNamed('sourceIP', source, values);
  readNamed('sourceTransportPort', sourcePort, values);
  readNamed('destinationIP', destination, values);
  readNamed('destinationTransportPort', destinationPort, values);
  if (protocol !== NONE) values.protocolIdentifier = numberNamed(protocols.names, protocol!);
  readNamed('flowEndReason', reason, values);
  for (const [i, name] of counters.entries()) readNamed(name, core[7 + i], values);
}

/**
 * The entry's time is the flow's end unless the line has another; the duration gives its start, unless the
 * line has it.
 */
function readTimes(
  duration: string,
  said: ReadonlyMap<string, string>,
  timeMs: number,
  values: Values,
): void {
  const [start, end] = [said.get('flowStartMilliseconds'), said.get('flowEndMilliseconds')];
  if (end !== NONE) values.flowEndMilliseconds = end === undefined ? timeMs : timeOf(end);
  if (start !== undefined) values.flowStartMilliseconds = timeOf(start);
  else if (duration !== NONE)
    values.flowStartMilliseconds =
      Number(values.flowEndMilliseconds) - Math.round(Number.parseFloat(duration) * 1000);
}

function readNamed(name: LogField, text: string | undefined, values: Values): void {
  if (text === undefined || !isStored(name)) return;
  const { storage, enumeration } = fieldOf(name);
  if (storage === 'string') values[name] = text;
  else if (text === NONE) return;
  else if (storage === 'address') values[name] = text;
  else if (storage === 'time') values[name] = timeOf(text);
  else values[name] = enumeration === undefined ? Number(text) : numberNamed(enumeration.names, text);
}

function numberNamed(names: ReadonlyMap<number, string>, text: string): number {
  for (const [number, name] of names) if (name === text) return number;
  return Number(text);
}

/** The key=value pairs behind the core. */
function pairsOf(line: string): Map<string, string> {
  const pairs = line.matchAll(/ ([A-Za-z0-9]+)=(?:"((?:[^"\\]|\\.)*)"|([^ ]*))/g);
  return new Map(Array.from(pairs, ([, key, inQuotes, plain]) => [key!, plain ?? unescapedText(inQuotes!)]));
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** The escapes of JSON.stringify. */
const unescapedText = (text: string): string =>
  text.replace(/\\(?:u([0-9a-f]{4})|(.))/g, (_, code?: string, one?: string) =>
    code === undefined ? (escapes[one!] ?? one!) : String.fromCharCode(Number.parseInt(code, 16)),
  );

const inOrder = (values: Values): FlowRecord =>
  Object.fromEntries(
    fieldNames.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );
