/** Reads the records of any template into columns, field by field, without generated code. */
import { elementsPerRow, type FieldName, type FlowBatch, fieldOf, IPV4_MAPPED } from '../../flow/index.ts';
import type { ColumnsBeside, ReadRows, ReadStep } from './column-reader-code.ts';
import { readFloat, readNtp, readUnsigned, textLength } from './column-values.ts';
import type { DataSet } from './data-set.ts';
import { variableLength } from './data-type.ts';
import type { Template } from './template.ts';

/**
 * Does what `readRowsOf` compiles, several times slower. It costs two octets for each field of a template, so
 * it reads templates until they are worth compiling.
 */
export function plainRowsOf(
  template: Template,
  steps: readonly ReadStep[],
  carried: readonly FieldName[],
  beside: ColumnsBeside,
): ReadRows {
  // Does not keep the template, which may be large and outlived by the reader.
  const { minimumRecordOctets } = template;
  const lengths = Uint16Array.from(template.fields, ({ length }) => length);
  const stores = [...steps.entries()].flatMap(([index, step]) =>
    step.target === undefined ? [] : { index, ...step },
  );
  const told = new Set(stores.map(({ target }) => target!.name));
  const untold = carried.filter((name) => !told.has(name));
  return (set, batch) => {
    const first = batch.length;
    const isWhole = readRows(minimumRecordOctets, lengths, stores, beside, set, batch);
    for (const name of untold) clearColumn(batch, name, first);
    return isWhole;
  };
}

interface Store extends ReadStep {
  /** Of its field. */
  readonly index: number;
}

function readRows(
  minimumRecordOctets: number,
  lengths: Uint16Array,
  stores: readonly Store[],
  beside: ColumnsBeside,
  set: DataSet,
  batch: FlowBatch,
): boolean {
  const { bytes, end } = set;
  const { capacity } = batch.layout;
  let at = set.offset;
  while (batch.length < capacity && at + minimumRecordOctets <= end) {
    let next = 0;
    for (let i = 0; i < lengths.length; i++) {
      let octets = lengths[i]!;
      if (octets === variableLength) {
        if (at + 1 > end) return false;
        octets = bytes[at++]!;
        if (octets === 255) {
          if (at + 2 > end) return false;
          octets = (bytes[at]! << 8) | bytes[at + 1]!;
          at += 2;
        }
      }
      if (at + octets > end) return false;
      if (next < stores.length && stores[next]!.index === i) {
        storeValue(stores[next++]!, batch, beside, bytes, at, octets);
      }
      at += octets;
    }
    set.offset = at;
    batch.length++;
  }
  return true;
}

/** Writes the value of one field into the next row. */
function storeValue(
  step: ReadStep,
  batch: FlowBatch,
  beside: ColumnsBeside,
  bytes: Uint8Array,
  at: number,
  octets: number,
): void {
  const { field, onlyIfEmpty } = step;
  const { name, storage, isBeside } = step.target!;
  const column = isBeside ? beside[name]! : batch.columns[name as FieldName];
  const row = batch.length;
  const isVariable = field.length === variableLength;
  if (storage === 'address') {
    if (onlyIfEmpty && !isEmptyAddress(column, row * 4)) return;
    const isIPv4 = field.element.type === 'ipv4Address';
    for (let word = 0; word < 4; word++) {
      if (!isIPv4) column[row * 4 + word] = readRounded(bytes, at + word * 4, 4);
      else column[row * 4 + word] = [0, 0, IPV4_MAPPED, readRounded(bytes, at, 4)][word]!;
    }
    return;
  }
  if (onlyIfEmpty && column[row] !== 0) return;
  if (storage === 'string') {
    const length = isVariable ? octets : textLength(bytes, at, octets);
    column[row] = batch.dictionary.intern(bytes, at, length);
  } else if (storage === 'time') {
    column[row] = readTime(field.element.type, bytes, at, octets) || Number.NaN;
  } else if (field.element.type === 'float64') {
    column[row] = readFloat(bytes, at, octets);
  } else {
    const value = isVariable ? readUnsigned(bytes, at, octets) : readRounded(bytes, at, octets);
    const width = { unsigned8: 1, unsigned16: 2, unsigned32: 4, unsigned64: 8 }[storage];
    column[row] = field.length > width && width < 8 ? Math.min(value, 256 ** width - 1) : value;
  }
}

/** Writes "no value" into the rows from `first` on. */
function clearColumn(batch: FlowBatch, name: FieldName, first: number): void {
  const { storage } = fieldOf(name);
  const none = storage === 'time' || storage === 'unsigned64' ? Number.NaN : 0;
  const width = elementsPerRow(storage);
  batch.columns[name].fill(none, first * width, batch.length * width);
}

function isEmptyAddress(words: ArrayLike<number>, at: number): boolean {
  return (
    (words[at]! | words[at + 1]! | words[at + 3]!) === 0 &&
    (words[at + 2] === 0 || words[at + 2] === IPV4_MAPPED)
  );
}

/** Milliseconds since 1970, 0 for a time that is all zero. */
function readTime(type: string, bytes: Uint8Array, at: number, octets: number): number {
  if (type === 'dateTimeSeconds') return readRounded(bytes, at, octets) * 1000;
  if (type === 'dateTimeMilliseconds') return readRounded(bytes, at, octets);
  return readNtp(readRounded(bytes, at, 4), readRounded(bytes, at + 4, 4));
}

/** Rounded once, like compiled code. */
function readRounded(bytes: Uint8Array, at: number, octets: number): number {
  if (octets > 8) return readUnsigned(bytes, at, octets);
  if (octets > 4)
    return readRounded(bytes, at, octets - 4) * 2 ** 32 + readRounded(bytes, at + octets - 4, 4);
  let value = 0;
  for (let i = at; i < at + octets; i++) value = value * 256 + bytes[i]!;
  return value;
}
