import type { ByteBuffer } from '../../flow/index.ts';
import {
  type Columns,
  type FieldName,
  type FlowBatch,
  fieldOf,
  hasPorts,
  isAbsent,
  LAST_INSTANT_MS,
  NamedValues,
  protocols,
  timeText,
  writeAddress,
  writeDecimal,
} from '../../flow/index.ts';
import { isStored, type LogField, type LogLayout } from './log-layout.ts';
import { loggedName } from './logged-name.ts';
import { isExpected, observerName, reportedBy, rowValue, textsOf } from './row-values.ts';
import { quotedText, writeDash, writeSeconds } from './text.ts';

const SPACE = 0x20;
const encoder = new TextEncoder();
const protocolTexts = textsOf(protocols.names);
const reasonTexts = textsOf(fieldOf('flowEndReason').enumeration!.names);
reasonTexts[0] = encoder.encode('-');

/** Writes ` key=value` where the row has a value. */
type TailWriter = (row: number, into: ByteBuffer) => void;

/** Writes the lines of flows: `coreFields`, and the other values as key=value. */
export class FlowLine {
  readonly #layout: LogLayout;
  readonly #names = new Map<FieldName, NamedValues>();
  #columns!: Columns;
  #hasSourcePort = false;
  #hasDestinationPort = false;
  #tail: readonly TailWriter[] = [];

  constructor(layout: LogLayout) {
    this.#layout = layout;
    for (const name of layout.tail) {
      if (!isStored(name) || fieldOf(name).storage !== 'string') continue;
      this.#names.set(
        name,
        new NamedValues((dictionary, id, into) =>
          into.appendText(` ${name}=${quotedText(Buffer.from(loggedName(dictionary, id)).toString())}`),
        ),
      );
    }
  }

  /** Call before the rows of a batch. */
  bind(batch: FlowBatch): void {
    this.#columns = batch.columns;
    this.#hasSourcePort = batch.has('sourceTransportPort');
    this.#hasDestinationPort = batch.has('destinationTransportPort');
    this.#tail = this.#layout.tail.flatMap((name) => this.#tailWriter(batch, name) ?? []);
  }

  /**
   * @param timeMs of the entry: the flow's end, unless that is implausible
   * @param weight how many flows the line represents
   */
  write(row: number, timeMs: number, weight: number, into: ByteBuffer): void {
    const c = this.#columns;
    const protocol = c.protocolIdentifier[row]!;
    into.reserve(512);
    writeEnd(into, c.sourceIP, row * 4);
    writePort(into, c.sourceTransportPort[row]!, this.#hasSourcePort ? protocol : 0);
    writeSpace(into);
    writeEnd(into, c.destinationIP, row * 4);
    writePort(into, c.destinationTransportPort[row]!, this.#hasDestinationPort ? protocol : 0);
    if (protocol === 0) writeNone(into);
    else writeNamed(into, protocolTexts[protocol], protocol);
    writeNamed(into, reasonTexts[c.flowEndReason[row]!], c.flowEndReason[row]!);
    this.#writeDuration(row, into);
    writeCounter(into, c.octetDeltaCount[row]!);
    writeCounter(into, c.packetDeltaCount[row]!);
    writeCounter(into, c.reverseOctetDeltaCount[row]!);
    writeCounter(into, c.reversePacketDeltaCount[row]!);
    if (weight !== 1) into.appendText(` weight=${weight}`);
    this.#writeOddTimes(row, timeMs, into);
    for (let i = 0; i < this.#tail.length; i++) this.#tail[i]!(row, into);
  }

  #writeDuration(row: number, into: ByteBuffer): void {
    const { flowStartMilliseconds, flowEndMilliseconds } = this.#columns;
    const start = Math.floor(flowStartMilliseconds[row]!);
    const end = Math.floor(flowEndMilliseconds[row]!);
    writeSpace(into);
    if (isSpan(start, end)) writeSeconds(into, end - start);
    else writeDash(into);
  }

  /** Times that a reader cannot derive from the entry's time and the duration. */
  #writeOddTimes(row: number, timeMs: number, into: ByteBuffer): void {
    const { flowStartMilliseconds, flowEndMilliseconds } = this.#columns;
    const start = Math.floor(flowStartMilliseconds[row]!);
    const end = Math.floor(flowEndMilliseconds[row]!);
    if (end !== timeMs) into.appendText(` flowEndMilliseconds=${Number.isNaN(end) ? '-' : timeText(end)}`);
    if (!Number.isNaN(start) && !isSpan(start, end))
      into.appendText(` flowStartMilliseconds=${timeText(start)}`);
  }

  #tailWriter(batch: FlowBatch, name: LogField): TailWriter | undefined {
    if (!isStored(name)) return name === 'observedBy' ? observerWriter(batch) : undefined;
    const names = this.#names.get(name);
    if (names !== undefined) {
      if (!batch.has(name)) return undefined;
      names.bind(batch.dictionary);
      const ids = batch.columns[name] as Uint32Array;
      return (row, into) => {
        if (ids[row] !== 0) names.append(ids[row]!, into);
      };
    }
    const key = encoder.encode(` ${name}=`);
    const value = rowValue(batch, name);
    const expectation = this.#layout.expectationOf(name);
    if (expectation !== undefined) {
      const expected = isExpected(batch, name, expectation);
      return (row, into) => {
        if (expected(row)) return;
        into.append(key, 0, key.length);
        if (value.has(row)) value.write(row, into);
        else writeDash(into);
      };
    }
    if (!batch.has(name)) return undefined;
    return (row, into) => {
      if (!value.has(row)) return;
      into.append(key, 0, key.length);
      value.write(row, into);
    };
  }
}

/**
 * Whether a duration determines the start exactly: a double holds whole milliseconds within a Date's range
 * exactly.
 */
const isSpan = (start: number, end: number): boolean => end >= start && end <= LAST_INSTANT_MS;

function observerWriter(batch: FlowBatch): TailWriter {
  const [bySource, byDestination] = [reportedBy(batch, true), reportedBy(batch, false)];
  return (row, into) => {
    const observer = observerName(bySource(row), byDestination(row));
    if (observer !== undefined) into.appendText(` observedBy=${observer}`);
  };
}

function writeSpace(into: ByteBuffer): void {
  into.reserve(1);
  into.bytes[into.length++] = SPACE;
}

function writeEnd(into: ByteBuffer, words: Uint32Array, at: number): void {
  // a nonzero last word nearly always proves an address
  if (words[at + 3] === 0 && isAbsent(words, at)) writeDash(into);
  else writeAddress(into, words, at);
}

/** A port of 0 is none when the protocol has no ports. */
function writePort(into: ByteBuffer, port: number, protocol: number): void {
  writeSpace(into);
  if (port === 0 && hasPorts[protocol] === 0) writeDash(into);
  else writeDecimal(into, port);
}

function writeNone(into: ByteBuffer): void {
  writeSpace(into);
  writeDash(into);
}

function writeNamed(into: ByteBuffer, text: Uint8Array | undefined, number: number): void {
  writeSpace(into);
  if (text === undefined) writeDecimal(into, number);
  else into.append(text, 0, text.length);
}

function writeCounter(into: ByteBuffer, value: number): void {
  writeSpace(into);
  if (Number.isNaN(value)) writeDash(into);
  else writeDecimal(into, value);
}
