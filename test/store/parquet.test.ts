import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/store/engine.ts';
import { type ColumnType, type ParquetColumn, writeParquet } from '../../src/store/parquet/index.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const ROWS = 10_000;

/** A number for each row, by what decides how a column is encoded. */
const shapes: Readonly<Record<string, (row: number) => bigint>> = {
  'one value': () => 7n,
  'few different ones': (row) => BigInt(row % 200),
  'as many as a dictionary takes': (row) => BigInt((row * 7) % 4_096),
  'one more than a dictionary takes': (row) => BigInt((row * 7) % 4_097),
  'all different and near each other': (row) => BigInt((row * 48_271) % 65_521),
  'falling and rising by 2^31': (row) => BigInt(row % 2 === 0 ? row : 2 ** 31 - 1 - row),
  'further apart than that': (row) => BigInt(row % 2 === 0 ? row : 2 ** 32 - 1 - row),
  'nearly all 0': (row) => (row % 50 === 0 ? BigInt(row) << 30n : 0n),
  'of 64 bits': (row) => 0xffff_ffff_ffff_ffffn - BigInt(row) * 0x1_2345_6789n,
  'above 2^53': (row) => (1n << 60n) + BigInt(row),
};
const patterns: Readonly<Record<string, (row: number) => boolean>> = {
  'a value in each row': () => false,
  'some rows without a value': (row) => row % 3 === 1,
  'a value in the last row only': (row) => row < ROWS - 1,
  'no value': () => true,
};

describe('a Parquet file', () => {
  let engine: Engine;
  const place = new TemporaryDirectory();
  const path = place.file('some.parquet');

  beforeAll(async () => {
    engine = await Engine.start();
  });
  afterAll(() => {
    engine[Symbol.dispose]();
    place[Symbol.dispose]();
  });

  const columnOf = (name: string, type: ColumnType, numbers: readonly (bigint | null)[]): ParquetColumn => ({
    name,
    type,
    values: () => ({
      low: Uint32Array.from(numbers, (number) => Number((number ?? 0n) & 0xffff_ffffn)),
      high: Uint32Array.from(numbers, (number) => Number(((number ?? 0n) >> 32n) & 0xffff_ffffn)),
      isNone: Uint8Array.from(numbers, (number) => (number === null ? 1 : 0)),
    }),
  });
  const written = async (columns: readonly ParquetColumn[], rows: number) => {
    await writeParquet(path, columns, rows);
    return (await engine.connection.runAndReadAll(`FROM '${path}'`)).getRows();
  };

  for (const [shape, numberOf] of Object.entries(shapes))
    it.each(Object.entries(patterns))(`has numbers ${shape}, with %s`, async (_, isNone) => {
      const numbers = Array.from({ length: ROWS }, (_, row) => (isNone(row) ? null : numberOf(row)));
      const found = await written([columnOf('n', 'UINT_64', numbers)], ROWS);
      expect(found).toEqual(numbers.map((number) => [number]));
    });

  it('has any signed numbers', async () => {
    const some = fc.array(fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(some, async (numbers) => {
        const found = await written([columnOf('n', 'INT_64', numbers)], numbers.length);
        expect(found).toEqual(numbers.map((number) => [number]));
      }),
      { numRuns: 50 },
    );
  });

  it('has any texts and octets, and skips itself by its times', async () => {
    const texts = ['a', '\0', '\u{1f600}', '', 'x'.repeat(70_000)];
    const items = texts.map((text) => Buffer.from(text));
    const rows = 1_000;
    const numbers = Uint32Array.from({ length: rows }, (_, row) => row % 6);
    const times = Array.from({ length: rows }, (_, row) => BigInt(row - 500) * 3_600_000n);
    const found = await written(
      [
        { name: 'text', type: 'UTF8', values: () => ({ numbers, items }) },
        { name: 'octets', type: 'BYTES', values: () => ({ numbers, items }) },
        columnOf('time', 'TIMESTAMP_MILLIS', times),
      ],
      rows,
    );
    const expected = [...numbers].map((number) => (number === 0 ? null : texts[number - 1]!));
    expect(found.map(([text]) => text)).toEqual(expected);
    const sql = `SELECT count(octets), count(text), epoch_ms(min(time)), epoch_ms(max(time)) FROM '${path}'`;
    const [counts] = (await engine.connection.runAndReadAll(sql)).getRows();
    expect(counts).toEqual([833n, 833n, times[0], times.at(-1)]);
    const statistics = `SELECT stats_min_value, stats_max_value FROM parquet_metadata('${path}') WHERE path_in_schema = 'time'`;
    const [range] = (await engine.connection.runAndReadAll(statistics)).getRows();
    expect(range).toEqual(['1969-12-11 04:00:00', '1970-01-21 19:00:00']);
  });
});
