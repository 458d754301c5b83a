import type { DataType } from './data-type.ts';
import { type BasicList, type DataRecord, listSemantics, type Value } from './value.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Fraction digits that a time of this type can have. */
const fractionDigits: Partial<Record<DataType, number>> = {
  dateTimeSeconds: 0,
  dateTimeMilliseconds: 3,
  dateTimeMicroseconds: 6,
  dateTimeNanoseconds: 9,
};

/** The last instant that a Date can represent, in milliseconds since 1970. */
const lastInstantMs = 8.64e15;

/**
 * A record's fields by name, as `weir decode -o json` prints them. Octets are hexadecimal, times RFC 3339 to
 * the precision of their type. Integers beyond 2^53, and numbers that JSON cannot represent, are strings. An
 * element that occurs more than once has an array of its values.
 */
export function dataRecordToJson(record: DataRecord): { [name: string]: Json } {
  const json: { [name: string]: Json } = {};
  const repeated = new Set<string>();
  record.template.fields.forEach(({ element }, i) => {
    const value = valueToJson(record.values[i]!, element.type);
    const earlier = Object.hasOwn(json, element.name) ? json[element.name] : undefined;
    if (earlier === undefined) {
      json[element.name] = value;
    } else if (repeated.has(element.name)) {
      (earlier as Json[]).push(value);
    } else {
      repeated.add(element.name);
      json[element.name] = [earlier, value];
    }
  });
  return json;
}

function valueToJson(value: Value, type: DataType): Json {
  if (value instanceof Uint8Array) return hexOf(value);
  if (typeof value === 'object') return listToJson(value);
  const digits = fractionDigits[type];
  if (digits !== undefined && (typeof value === 'number' || typeof value === 'bigint')) {
    return timeToText(value, digits);
  }
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** RFC 3339 with this many fraction digits; a time beyond the range of a Date becomes its number. */
function timeToText(value: number | bigint, digits: number): string {
  const perMillisecond = digits > 3 ? 1_000_000n : 1n;
  const whole = BigInt(value);
  const sinceSecond =
    ((whole % (1000n * perMillisecond)) + 1000n * perMillisecond) % (1000n * perMillisecond);
  const secondMs = Number((whole - sinceSecond) / perMillisecond);
  if (Math.abs(secondMs) > lastInstantMs) return String(value);
  const fraction = String(sinceSecond)
    .padStart(digits > 3 ? 9 : 3, '0')
    .slice(0, digits);
  return `${new Date(secondMs).toISOString().slice(0, -5)}${digits === 0 ? '' : `.${fraction}`}Z`;
}

function listToJson(list: Exclude<Value, number | bigint | boolean | string | Uint8Array>): Json {
  const semantic = listSemantics.get(list.semantic) ?? list.semantic;
  switch (list.kind) {
    case 'basicList':
      return { semantic, element: list.field.element.name, values: basicListValues(list) };
    case 'subTemplateList':
      return { semantic, templateId: list.template.id, records: list.records.map(dataRecordToJson) };
    case 'subTemplateMultiList':
      return {
        semantic,
        parts: list.parts.map(({ template, records }) => ({
          templateId: template.id,
          records: records.map(dataRecordToJson),
        })),
      };
  }
}

function basicListValues(list: BasicList): Json[] {
  return list.values.map((value) => valueToJson(value, list.field.element.type));
}

function hexOf(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}
