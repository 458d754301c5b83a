/** Makes the function that writes rows of columns as records of one template. */
import { type FlowBatch, IPV4_MAPPED } from '../../flow/index.ts';
import { columnOf, type FieldTarget, fitsColumn } from './column-mapping.ts';
import { naturalLength, variableLength } from './data-type.ts';
import { ntpOfUnixMilliseconds } from './ntp-time.ts';
import { minimumFieldOctets, type Template, type TemplateField } from './template.ts';

/** Writes rows until one does not fit. Returns the offset after the last, and their number in `result`. */
export type WriteRows = (
  result: { rowsWritten: number },
  bytes: Uint8Array,
  offset: number,
  end: number,
  batch: FlowBatch,
  from: number,
  to: number,
  selection: Uint32Array | undefined,
) => number;

/** Whether a template's field stays without a value: an empty string, or zeros. */
export type IsBlank = (field: TemplateField) => boolean;

interface Step {
  readonly field: TemplateField;
  /** Undefined for a blank field. */
  readonly target: FieldTarget | undefined;
  /** Names the step's variables in the generated code. */
  readonly index: number;
}

/** A step with a value, from a column. */
interface ValueStep extends Step {
  readonly target: FieldTarget;
}

/**
 * Compiles. For a template of an unsigned16 and a string the result is
 *
 *     for (; i < to; i++) {
 *       row = selection === undefined ? i : selection[i];
 *       const s1 = $sourceNodeName[row], n1 = lengths[s1], p1 = n1 < 255 ? 1 : 3;
 *       if (o + 2 + p1 + n1 > end) break;
 *       v = $sourceTransportPort[row]; t[o] = v >>> 8; t[o + 1] = v;
 *       o += 2; …the length prefix and the string's octets…
 *     }
 *
 * The length of the whole record is checked before its first octet is written.
 */
export function writeRowsOf(template: Template, isBlank: IsBlank): WriteRows {
  const steps = template.fields.map((field, index) =>
    isBlank(field) ? { field, target: undefined, index } : planStep(template, field, index),
  );
  const values = steps.filter(hasValue);
  const texts = values.filter(({ target }) => target.storage === 'string');
  const variable = texts.filter(({ field }) => field.length === variableLength);
  const fixedOctets = steps.reduce((sum, step) => sum + (fixedOctetsOf(step) ?? 0), 0);
  const room = [`o + ${fixedOctets}`, ...variable.map(({ index: k }) => `p${k} + n${k}`)].join(' + ');
  const tooLong = texts
    .filter(({ field }) => field.length !== variableLength && !isUuid(field))
    .map(({ field, index }) => ` || n${index} > ${field.length}`);
  const columns = new Set(values.map(({ target }) => target.name));
  const source = `'use strict';
return function writeRows(result, t, offset, end, batch, from, to, selection) {
const columns = batch.columns, { bytes, offsets, lengths } = batch.dictionary;
const ${[...columns].map((name) => `$${name} = columns.${name}`).join(', ')};
let o = offset, i = from, row = 0, r = 0, v = 0, s = 0;
for (; i < to; i++) {
row = selection === undefined ? i : selection[i]; r = row * 4;
${texts.map(measureCode).join('\n')}
if (${room} > end${tooLong.join('')}) break;
${recordCode(steps)}
}
result.rowsWritten = i - from; return o;
}`;
  const make = new Function('writeNtp', 'writeUuid', source);
  return make(writeNtp, writeUuid) as WriteRows;
}

const hasValue = (step: Step): step is ValueStep => step.target !== undefined;

/** Octets that a step takes in each record; undefined if each record has its own length. */
function fixedOctetsOf({ field, target }: Step): number | undefined {
  if (target === undefined) return minimumFieldOctets(field);
  return field.length === variableLength ? undefined : field.length;
}

function planStep(template: Template, field: TemplateField, index: number): ValueStep {
  const target = columnOf(field.element);
  const fits = target !== undefined && (fitsColumn(field, target) || isUuid(field));
  if (fits && isWritable(field, target)) return { field, target, index };
  throw new RangeError(
    `template ${template.id}: expected elements that the flow record has, found ` +
      `${field.element.name} (${field.element.type}, length ${field.length})`,
  );
}

/** A text with hyphens in the record, octets on the wire. */
const isUuid = ({ element, length }: TemplateField): boolean =>
  element.type === 'octetArray' && length === UUID_OCTETS;

/** Only strings may have variable length, and a number no more octets than its type. */
function isWritable({ element, length }: TemplateField, target: FieldTarget): boolean {
  if (target.storage === 'string') return true;
  return length <= naturalLength(element.type) && length !== variableLength;
}

function measureCode({ field, target, index }: ValueStep): string {
  const text = `const s${index} = $${target.name}[row], n${index} = lengths[s${index}]`;
  return field.length === variableLength ? `${text}, p${index} = n${index} < 255 ? 1 : 3;` : `${text};`;
}

/** The statements that write one record at `o` and leave `o` at its end. */
function recordCode(steps: readonly Step[]): string {
  const lines: string[] = [];
  let ahead = 0;
  for (const step of steps) {
    const octets = fixedOctetsOf(step);
    if (octets !== undefined) {
      lines.push(hasValue(step) ? fixedCode(step, ahead) : `t.fill(0, o + ${ahead}, o + ${ahead + octets});`);
      ahead += octets;
      continue;
    }
    if (ahead > 0) lines.push(`o += ${ahead};`);
    ahead = 0;
    const n = `n${step.index}`;
    lines.push(
      `if (${n} < 255) t[o++] = ${n}; else { t[o] = 255; t[o + 1] = ${n} >>> 8; t[o + 2] = ${n}; o += 3; }`,
    );
    lines.push(
      `s = offsets[s${step.index}]; for (let k = 0; k < ${n}; k++) t[o + k] = bytes[s + k]; o += ${n};`,
    );
  }
  if (ahead > 0) lines.push(`o += ${ahead};`);
  return lines.join('\n');
}

function fixedCode({ field, target, index }: ValueStep, ahead: number): string {
  const column = `$${target.name}`;
  const { element, length } = field;
  switch (target.storage) {
    case 'address':
      if (element.type === 'ipv6Address') {
        return [0, 1, 2, 3].map((i) => `v = ${column}[r + ${i}]; ${putCode(ahead + i * 4, 4)}`).join('\n');
      }
      return `v = ${column}[r + 2] === ${IPV4_MAPPED} ? ${column}[r + 3] : 0; ${putCode(ahead, 4)}`;
    case 'string':
      if (isUuid(field)) return `writeUuid(t, o + ${ahead}, bytes, offsets[s${index}], n${index});`;
      return `s = offsets[s${index}]; for (let k = 0; k < ${length}; k++) t[o + ${ahead} + k] = k < n${index} ? bytes[s + k] : 0;`;
    case 'time':
      if (element.type === 'dateTimeSeconds')
        return numberCode(`Math.floor(${column}[row] / 1000)`, length, ahead);
      if (element.type === 'dateTimeMilliseconds') return numberCode(`${column}[row]`, length, ahead);
      return `writeNtp(t, o + ${ahead}, ${column}[row], '${element.type === 'dateTimeMicroseconds' ? 'micro' : 'nano'}');`;
    case 'unsigned64':
      return numberCode(`${column}[row]`, length, ahead);
    default: {
      if (length > 4) return numberCode(`${column}[row]`, length, ahead);
      const width = { unsigned8: 1, unsigned16: 2, unsigned32: 4 }[target.storage];
      const value = length < width ? `Math.min(${column}[row], ${256 ** length - 1})` : `${column}[row]`;
      return `v = ${value}; ${putCode(ahead, length)}`;
    }
  }
}

/** Writes the whole part of a double: no value and negative values as 0, too large values as the maximum. */
function numberCode(value: string, octets: number, ahead: number): string {
  const most = octets > 6 ? 256 ** octets - 2 ** (octets * 8 - 53) : 256 ** octets - 1;
  const clamped = `v = ${value}; v = v > 0 ? Math.min(v, ${most}) : 0;`;
  if (octets <= 4) return `${clamped} ${putCode(ahead, octets)}`;
  return `${clamped} s = Math.floor(v / 4294967296); v -= s * 4294967296; ${putCode(ahead, octets - 4, 's')} ${putCode(ahead + octets - 4, 4)}`;
}

/** Writes the lowest octets of a number below 2^32 at `ahead` octets after `o`, in network byte order. */
function putCode(ahead: number, octets: number, variable = 'v'): string {
  return Array.from({ length: octets }, (_, i) => {
    const shift = (octets - 1 - i) * 8;
    return `t[o + ${ahead + i}] = ${shift === 0 ? variable : `${variable} >>> ${shift}`};`;
  }).join(' ');
}

function writeNtp(bytes: Uint8Array, offset: number, milliseconds: number, unit: 'micro' | 'nano'): void {
  const { seconds, fraction } = milliseconds > 0 ? ntpOfUnixMilliseconds(milliseconds, unit) : noTime;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 8);
  view.setUint32(0, seconds);
  view.setUint32(4, fraction);
}

const UUID_OCTETS = 16;

/** A text that is no UUID is written as zeros, like none. */
function writeUuid(bytes: Uint8Array, offset: number, from: Uint8Array, start: number, length: number): void {
  let digits = 0;
  for (let i = start; i < start + length; i++) {
    const character = from[i]!;
    if (character === HYPHEN) continue;
    const digit = hexadecimalDigit(character);
    if (digit < 0 || digits === 2 * UUID_OCTETS) {
      digits = 0;
      break;
    }
    const at = offset + (digits >> 1);
    bytes[at] = (digits & 1) === 0 ? digit << 4 : bytes[at]! | digit;
    digits++;
  }
  if (digits !== 2 * UUID_OCTETS) bytes.fill(0, offset, offset + UUID_OCTETS);
}

const HYPHEN = 0x2d;

function hexadecimalDigit(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const lower = character | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

const noTime = { seconds: 0, fraction: 0 };
