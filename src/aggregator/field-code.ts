/**
 * Makes the functions that move a row's plain fields between the flow table and a batch. Each is one straight line of
 * code for batches of the sample's layout, in which every place is a constant: the columns are views of one buffer, so
 * that row `i` of a column is element `start + i` of a view of the whole.
 */
import type { FieldName, FlowBatch } from '../flow/index.ts';
import { type PlainField, plainFields, ROW_HALVES, ROW_OCTETS, ROW_WORDS } from './flow-row.ts';
import type { Translation } from './names.ts';

/** One buffer as values of each size: a page's or a batch's. */
export interface Views {
  readonly doubles: Float64Array;
  readonly words: Uint32Array;
  readonly halves: Uint16Array;
  readonly octets: Uint8Array;
}

export function viewsOf({ columns, layout }: FlowBatch): Views {
  const buffer = columns[layout.fields[0]!].buffer as ArrayBuffer;
  return {
    doubles: new Float64Array(buffer),
    words: new Uint32Array(buffer),
    halves: new Uint16Array(buffer),
    octets: new Uint8Array(buffer),
  };
}

/** Where a column begins in the view of its kind, in elements. */
export function placeOf({ columns }: FlowBatch, name: FieldName): number {
  return columns[name].byteOffset / columns[name].BYTES_PER_ELEMENT;
}

/** Writes row `at` of a page into row `i` of a batch. */
export type CopyFields = (page: Views, at: number, batch: Views, i: number) => void;
/** Puts what row `i` of a batch has into row `at` of a page where that has no value yet. */
export type FillFields = (page: Views, at: number, batch: Views, i: number, names: Translation) => void;
/** Whether row `i` of a batch has a name that row `at` of a page has not. */
export type HasNewName = (page: Views, at: number, batch: Views, i: number) => boolean;

export function copyFieldsOf(sample: FlowBatch): CopyFields {
  return make(placesOf(sample, plainFields).map(({ row, column }) => `${column} = ${row};`)) as CopyFields;
}

export function fillFieldsOf(sample: FlowBatch, fields: readonly PlainField[]): FillFields {
  const places = placesOf(sample, fields);
  return make(
    places.map(({ row, column, isName }) =>
      isName
        ? `if (${row} === 0 && ${column} !== 0) ${row} = names.id(${column});`
        : `if (${row} === 0) ${row} = ${column};`,
    ),
  ) as FillFields;
}

export function hasNewNameOf(sample: FlowBatch, fields: readonly PlainField[]): HasNewName {
  const names = placesOf(sample, fields).filter(({ isName }) => isName);
  return make([
    ...names.map(({ row, column }) => `if (${column} !== 0 && ${row} === 0) return true;`),
    'return false;',
  ]) as HasNewName;
}

const views = { string: 'words', unsigned32: 'words', unsigned16: 'halves', unsigned8: 'octets' } as const;

/** Expressions for the field in the page's row and in the batch's, for each field that the layout carries. */
function placesOf(sample: FlowBatch, fields: readonly PlainField[]) {
  return fields
    .filter(({ name }) => sample.has(name))
    .map(({ name, storage, offset }) => {
      const view = views[storage];
      return {
        row: `${view}[${view}At + ${offset}]`,
        column: `${view}Of[${placeOf(sample, name)} + i]`,
        isName: storage === 'string',
      };
    });
}

function make(statements: readonly string[]): unknown {
  return new Function(`'use strict';
return function moveFields(page, at, batch, i, names) {
const { words, halves, octets } = page;
const { words: wordsOf, halves: halvesOf, octets: octetsOf } = batch;
const wordsAt = at * ${ROW_WORDS}, halvesAt = at * ${ROW_HALVES}, octetsAt = at * ${ROW_OCTETS};
${statements.join('\n')}
}`)();
}
