/** Makes the function that reads the records of one template into columns. */
import { type FieldName, type FlowBatch, fieldOf, IPV4_MAPPED, type Storage } from '../../flow/index.ts';
import type { ColumnTarget } from './column-mapping.ts';
import { readNtp, readUnsigned, textLength } from './column-values.ts';
import type { DataSet } from './data-set.ts';
import { variableLength } from './data-type.ts';
import { minimumFieldOctets, type Template, type TemplateField } from './template.ts';

/** Appends rows from `set.offset` on. False if a record is truncated; then `set.offset` is its start. */
export type ReadRows = (set: DataSet, batch: FlowBatch) => boolean;

export interface ReadStep {
  readonly field: TemplateField;
  /** The column; undefined for a field that is ignored. */
  readonly target: ColumnTarget | undefined;
  /** Whether an earlier field of the record fills the same column, and wins unless it is zero. */
  readonly onlyIfEmpty: boolean;
}

/** Columns of values that are no fields of the record, by name. */
export type ColumnsBeside = Readonly<Record<string, Float64Array>>;

/** A loop skips longer runs of ignored variable fields, so that no template can cause endless code. */
const maxInlineSteps = 8;

/**
 * Compiles. For a template of an unsigned16, a string and an unsigned32 without a column, the result is
 *
 *     const b = set.bytes, end = set.end, …, $sourceTransportPort = columns.sourceTransportPort, …;
 *     let o = set.offset, row = batch.length, …;
 *     while (row < capacity && o + 7 <= end) {
 *       start = o;
 *       $sourceTransportPort[row] = view.getUint16(o);
 *       o += 2; l = b[o++]; if (l === 255) { … }
 *       if (o + l + 4 > end) { set.offset = start; batch.length = row; return false; }
 *       $sourceNodeName[row] = l === 0 ? 0 : dictionary.intern(b, o, l);   // or the id of the row before
 *       o += l;
 *       o += 4; row++;
 *     }
 *     set.offset = o; batch.length = row; return true;
 *
 * One comparison for each record and each variable field keeps every read within the set.
 *
 * @param carried fields whose columns are written; those without a step get "no value"
 * @param beside columns beside the batch; a step fills each
 */
export function readRowsOf(
  template: Template,
  steps: readonly ReadStep[],
  carried: readonly FieldName[],
  beside: ColumnsBeside = {},
): ReadRows {
  const told = new Set(steps.map(({ target }) => target?.name));
  const source = `'use strict';
let viewed, view;
${Object.keys(beside)
  .map((name) => `const $${name} = beside.${name};`)
  .join('\n')}
return function readRows(set, batch) {
const b = set.bytes, end = set.end, capacity = batch.layout.capacity, dictionary = batch.dictionary;
if (b !== viewed) { viewed = b; view = new DataView(b.buffer, b.byteOffset, b.length); }
const ${['columns = batch.columns', ...carried.map((name) => `$${name} = columns.${name}`)].join(', ')};
let o = set.offset, row = batch.length, start = o, before = 0, id = 0, l = 0, r = 0;
while (row < capacity && o + ${template.minimumRecordOctets} <= end) {
start = o; r = row * 4; before = row > 0 ? row - 1 : 0;
${recordCode(template, steps)}
${carried
  .filter((name) => !told.has(name))
  .map(noValueCode)
  .join('\n')}
row++;
}
set.offset = o; batch.length = row; return true;
}`;
  const make = new Function(
    'readUnsigned',
    'readNtp',
    'textLength',
    'stepOver',
    'fieldLengths',
    'beside',
    source,
  );
  const fieldLengths = Uint16Array.from(template.fields, ({ length }) => length);
  return make(readUnsigned, readNtp, textLength, stepOver, fieldLengths, beside) as ReadRows;
}

/** The statements that read one record at `o` and leave `o` at its end. */
function recordCode(template: Template, steps: readonly ReadStep[]): string {
  const lines: string[] = [];
  /** Octets between `o` and the next field; known until the first variable field. */
  let ahead = 0;
  /** Minimum octets of the fields not yet read. */
  let rest = template.minimumRecordOctets;
  const catchUp = () => {
    if (ahead > 0) lines.push(`o += ${ahead};`);
    ahead = 0;
  };
  for (const { from, to, isLongSkip } of partsOf(steps)) {
    const part = steps.slice(from, to);
    for (const { field } of part) rest -= minimumFieldOctets(field);
    if (isLongSkip) {
      catchUp();
      lines.push(
        `o = stepOver(b, o, end, fieldLengths, ${from}, ${to}); if (o < 0 || o + ${rest} > end) ${cutCode}`,
      );
      continue;
    }
    const { field, target, onlyIfEmpty } = part[0]!;
    if (field.length === variableLength) {
      catchUp();
      lines.push(
        `l = b[o++]; if (l === 255) { if (o + 2 > end) ${cutCode} l = b[o] << 8 | b[o + 1]; o += 2; }`,
      );
      lines.push(`if (o + l + ${rest} > end) ${cutCode}`);
      if (target !== undefined) lines.push(storeCode(field, target, 'o', onlyIfEmpty));
      lines.push('o += l;');
    } else {
      if (target !== undefined) lines.push(storeCode(field, target, `o + ${ahead}`, onlyIfEmpty));
      ahead += field.length;
    }
  }
  catchUp();
  return lines.join('\n');
}

const cutCode = '{ set.offset = start; batch.length = row; return false; }';

interface Part {
  readonly from: number;
  readonly to: number;
  readonly isLongSkip: boolean;
}

/** One part for each step, but a single one for a long run of ignored steps. */
function partsOf(steps: readonly ReadStep[]): Part[] {
  const parts: Part[] = [];
  for (let from = 0, to = 0; from < steps.length; from = to) {
    let variable = 0;
    for (to = from; to < steps.length && steps[to]!.target === undefined; to++) {
      if (steps[to]!.field.length === variableLength) variable++;
    }
    if (variable > maxInlineSteps) {
      parts.push({ from, to, isLongSkip: true });
      continue;
    }
    to = Math.max(to, from + 1);
    for (let step = from; step < to; step++) parts.push({ from: step, to: step + 1, isLongSkip: false });
  }
  return parts;
}

/** The statement that stores the value at octet `at` (of `l` octets, if variable) in row `row`. */
function storeCode(field: TemplateField, target: ColumnTarget, at: string, onlyIfEmpty: boolean): string {
  const column = `$${target.name}`;
  const statement = assignmentCode(field, target.storage, column, at);
  return onlyIfEmpty ? `if (${isEmptyCode(target.storage, column)}) { ${statement} }` : statement;
}

function isEmptyCode(storage: Storage, column: string): string {
  if (storage !== 'address') return `${column}[row] === 0`;
  const [a, b, c, d] = wordsOf(column);
  return `(${a} | ${b} | ${d}) === 0 && (${c} === 0 || ${c} === ${IPV4_MAPPED})`;
}

/** The four words of an address in row `row`. */
function wordsOf(column: string): [string, string, string, string] {
  return [`${column}[r]`, `${column}[r + 1]`, `${column}[r + 2]`, `${column}[r + 3]`];
}

function assignmentCode(
  { element, length }: TemplateField,
  storage: Storage,
  column: string,
  at: string,
): string {
  switch (storage) {
    case 'address': {
      const isIPv4 = element.type === 'ipv4Address';
      const values = isIPv4
        ? ['0', '0', IPV4_MAPPED, unsignedCode(at, 4)]
        : [0, 4, 8, 12].map((ahead) => unsignedCode(`${at} + ${ahead}`, 4));
      return wordsOf(column)
        .map((word, i) => `${word} = ${values[i]};`)
        .join(' ');
    }
    case 'string':
      if (length !== variableLength) {
        return `${column}[row] = dictionary.intern(b, ${at}, textLength(b, ${at}, ${length}));`;
      }
      // Neighbours in a column are often the same string, and comparing costs less than searching.
      return `if (l === 0) ${column}[row] = 0; else { id = ${column}[before];
if (!dictionary.isSame(id, b, ${at}, l)) id = dictionary.intern(b, ${at}, l);
${column}[row] = id; }`;
    case 'time':
      return `${column}[row] = ${timeCode(element.type, at, length)} || NaN;`;
    case 'unsigned64':
      return `${column}[row] = ${element.type === 'float64' ? floatCode(at, length) : unsignedCode(at, length)};`;
    default: {
      const octets = { unsigned8: 1, unsigned16: 2, unsigned32: 4 }[storage];
      const value = unsignedCode(at, length);
      return `${column}[row] = ${length > octets ? `Math.min(${value}, ${256 ** octets - 1})` : value};`;
    }
  }
}

/** Milliseconds since 1970, 0 for a time that is all zero. */
function timeCode(type: string, at: string, length: number): string {
  if (type === 'dateTimeSeconds') return `${unsignedCode(at, length)} * 1000`;
  if (type === 'dateTimeMilliseconds') return unsignedCode(at, length);
  return `readNtp(${unsignedCode(at, 4)}, ${unsignedCode(`${at} + 4`, 4)})`;
}

/** IEEE 754; four octets after reduced-size encoding (RFC 7011 section 6.2). */
function floatCode(at: string, octets: number): string {
  return octets === 4 ? `view.getFloat32(${at})` : `view.getFloat64(${at})`;
}

/** An expression for the unsigned integer of `octets` octets at `at`, in network byte order. */
function unsignedCode(at: string, octets: number): string {
  if (octets === variableLength) return `readUnsigned(b, ${at}, l)`;
  if (octets > 8) return `readUnsigned(b, ${at}, ${octets})`;
  if (octets > 4)
    return `(${unsignedCode(at, octets - 4)} * 4294967296 + ${unsignedCode(`${at} + ${octets - 4}`, 4)})`;
  if (octets === 4) return `view.getUint32(${at})`;
  if (octets === 2) return `view.getUint16(${at})`;
  const shifted = Array.from({ length: octets }, (_, i) => {
    const shift = (octets - 1 - i) * 8;
    const octet = `b[${i === 0 ? at : `${at} + ${i}`}]`;
    return shift === 0 ? octet : `${octet} << ${shift}`;
  });
  return `(${shifted.join(' | ')})`;
}

function noValueCode(name: FieldName): string {
  const { storage } = fieldOf(name);
  if (storage === 'address') return `${wordsOf(`$${name}`).join(' = ')} = 0;`;
  return `$${name}[row] = ${storage === 'time' || storage === 'unsigned64' ? 'NaN' : '0'};`;
}

// Called by the generated code.

/** The offset after fields `from` to `to`; -1 if one exceeds the end. */
function stepOver(
  bytes: Uint8Array,
  offset: number,
  end: number,
  lengths: Uint16Array,
  from: number,
  to: number,
): number {
  let at = offset;
  for (let i = from; i < to; i++) {
    let octets = lengths[i]!;
    if (octets === variableLength) {
      if (at + 1 > end) return -1;
      octets = bytes[at++]!;
      if (octets === 255) {
        if (at + 2 > end) return -1;
        octets = (bytes[at]! << 8) | bytes[at + 1]!;
        at += 2;
      }
    }
    at += octets;
    if (at > end) return -1;
  }
  return at;
}
