import * as duckdb from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { type FieldName, reductionFor } from '../../../src/flow/index.ts';
import { ConditionValues } from '../../../src/store/row-condition.ts';
import { reducedRows } from '../../../src/store/totals/reduced-rows.ts';

const columns = new Set<FieldName>([
  'sourcePodNamespace',
  'destinationPodNamespace',
  'destinationServicePortName',
  'sourceIP',
]);

it.each([
  ['the namespaces that a reader may read and those he may know are the same', ['a', 'b'], 3],
  ['they are others', ['a', 'b', 'c'], 6],
])('names of namespaces are sought once in each column when %s', (_, known, times) => {
  const values = new ConditionValues(duckdb);
  const sql = reducedRows('flows', columns, reductionFor({ readable: ['a', 'b'], known }), values);
  const lists = [...sql.matchAll(/\bIN \(\$[^)]*\)/g)];
  expect(lists).toHaveLength(times);
});
