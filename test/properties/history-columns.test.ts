import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  batchOf,
  dimensionKeys,
  dimensionNames,
  ExactSum,
  type FlowRecord,
  fieldNames,
  fieldsOfDimension,
  measureAdder,
  measureNames,
} from '../../src/flow/index.ts';
import { dimensionColumn } from '../../src/store/dimension-columns.ts';
import { Engine } from '../../src/store/engine.ts';
import { FileRows } from '../../src/store/file-rows.ts';
import { type FieldRows, fieldRows } from '../../src/store/guessed-columns.ts';
import { measureColumn } from '../../src/store/measure-columns.ts';
import { writeParquet } from '../../src/store/parquet/index.ts';
import { recordColumns } from '../../src/store/record-columns.ts';
import { nameableRecord } from '../support/nameable-record.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

describe('the columns of a file of records', () => {
  let engine: Engine;
  let inFile: ReadonlySet<string> = new Set();
  let rows: FieldRows | undefined;
  const place = new TemporaryDirectory();
  const path = place.file('records.parquet');

  beforeAll(async () => {
    engine = await Engine.start();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
    place[Symbol.dispose]();
  });

  const columnsOf = async (records: readonly FlowRecord[]) => {
    const batch = batchOf(records);
    const staged = FileRows.ofStored([{ batch, timeMs: 0 }]);
    await writeParquet(path, recordColumns(staged), staged.length);
    const names = await engine.connection.runAndReadAll(
      'SELECT name FROM parquet_schema($1) WHERE type IS NOT NULL',
      [path],
    );
    inFile = new Set(names.getRows().map(([name]) => String(name)));
    rows = fieldRows(inFile);
    return { batch, columns: rows.columns };
  };
  const rowsOf = async (sql: string) =>
    (
      await engine.connection.runAndReadAll(`SELECT ${sql} FROM ${rows!.of('read_parquet($1)')}`, [path])
    ).getRows();

  const records = fc.array(nameableRecord, { minLength: 1, maxLength: 30 });

  it('have the value of each dimension that a batch has', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (some) => {
        const { batch, columns } = await columnsOf(some);
        const found = await rowsOf(dimensionNames.map((name) => dimensionColumn(name, columns).sql).join());
        const keys = dimensionNames.map((name) => dimensionKeys(name, batch));
        expect(found).toEqual(some.map((_, row) => keys.map((keyOf) => keyOf(row))));
      }),
      { numRuns: 20 },
    );
  });

  it('have the sum of each measure that a batch has', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (some) => {
        const { batch, columns } = await columnsOf(some);
        const [found] = await rowsOf(
          measureNames.map((name) => measureColumn(name, columns, 'records')).join(),
        );
        const sums = measureNames.map((name) => {
          const [sum, add] = [new ExactSum(), measureAdder(name, batch)];
          for (let row = 0; row < batch.length; row++) add(row, sum);
          return sum.value;
        });
        expect(found).toEqual(sums);
      }),
      { numRuns: 20 },
    );
  });

  it('are as they are among all when only some are wanted', async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.subarray([...fieldNames], { minLength: 1 }), async (some, wanted) => {
        const { columns } = await columnsOf(some);
        const told = wanted.filter((name) => columns.has(name));
        fc.pre(told.length > 0);
        const selected = told.map((name) => `"${name}"`).join();
        const amongAll = await rowsOf(selected);
        rows = fieldRows(inFile, new Set(wanted));
        expect(told.filter((name) => !rows!.columns.has(name))).toEqual([]);
        expect(await rowsOf(selected)).toEqual(amongAll);
      }),
      { numRuns: 20 },
    );
  });

  it('have the type that each dimension states', async () => {
    const { columns } = await columnsOf([{}]);
    for (const name of dimensionNames) {
      const { sql, type } = dimensionColumn(name, columns);
      expect(await rowsOf(`typeof(${sql})`), name).toEqual([[type]]);
    }
  });

  it('of a dimension are among the fields that it states', () => {
    for (const name of dimensionNames) {
      const read = dimensionColumn(name, new Set(fieldsOfDimension(name))).sql;
      const all = dimensionColumn(name, { has: () => true } as unknown as ReadonlySet<string>).sql;
      expect(read).toBe(all);
    }
  });
});
