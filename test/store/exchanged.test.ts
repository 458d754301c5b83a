import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchOf, type FlowCondition, noCondition, parseCondition } from '../../src/flow/index.ts';
import { readTotals } from '../../src/store/index.ts';
import { editManifest } from '../support/edited-manifest.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 31);
const FILES = 6;
const RECORDS = 10;
/** What each answer says of an exchanged file. */
const ANOTHER = 'its end is not that of the stored file: it is another one, or damaged';

const digits = (number: number): string => String(number).padStart(12, '0');
const recordsName = (number: number): string => `${digits(number)}.parquet`;
const sumsName = (number: number, tier: string): string =>
  `${digits(number)}-${digits(number)}.${tier}.parquet`;

/** A file an hour. Each has other ports and counters. */
async function filled(place: HistoryPlace): Promise<FakeClock> {
  const clock = new FakeClock(START_MS);
  await using history = await place.open({}, clock);
  for (let file = 0; file < FILES; file++) {
    const flowOf = (_: unknown, i: number) =>
      numberedFlow(RECORDS * file + i, {
        destinationTransportPort: 1_000 + file,
        octetDeltaCount: 100 + file,
      });
    await history.append(batchOf(Array.from({ length: RECORDS }, flowOf)));
    await history.flush();
    clock.advance(HOUR_MS);
  }
  return clock;
}

/** Swaps two files of the same size. Returns their numbers. */
function swapTwo({ directory }: HistoryPlace, nameOf: (number: number) => string): [number, number] {
  const numbers = Array.from({ length: FILES }, (_, i) => i + 1);
  const sizeOf = (number: number) => statSync(join(directory, nameOf(number))).size;
  const first = numbers.find((one) => numbers.some((other) => other > one && sizeOf(other) === sizeOf(one)))!;
  const second = numbers.find((other) => other > first && sizeOf(other) === sizeOf(first))!;
  const [one, other] = [first, second].map((number) => join(directory, nameOf(number))) as [string, string];
  renameSync(one, `${one}.mine`);
  renameSync(other, one);
  renameSync(`${one}.mine`, other);
  return [first, second];
}

/** Sums have no port of a client. */
const ofRecords = parseCondition('sourcePort=1 or not sourcePort=1');

const ask = ({ directory }: HistoryPlace, condition: FlowCondition) =>
  readTotals(
    directory,
    {
      ...{ fromMs: START_MS, toMs: START_MS + FILES * HOUR_MS, by: ['destinationPort'], top: 10 },
      measures: ['octets', 'records'],
      condition,
    },
    new AbortController().signal,
  );

const portsOf = (numbers: readonly number[]) => numbers.map((number) => String(999 + number));
describe('files that somebody has exchanged for others of the same size', () => {
  it('are left out of answers and named, also while a process writes', async () => {
    using place = new HistoryPlace();
    await using _ = await place.open({}, await filled(place));
    const swapped = swapTwo(place, recordsName);
    const { unreadable, unreadableRecords, groups } = await ask(place, ofRecords);
    const told = swapped.map((number) => ({ name: recordsName(number), records: RECORDS, why: ANOTHER }));
    expect(unreadable).toMatchObject(told);
    expect(unreadableRecords).toBe(2 * RECORDS);
    const ports = new Set(groups.flatMap(({ key }) => (key === undefined ? [] : [String(key[0])])));
    for (const port of portsOf(swapped)) expect(ports).not.toContain(port);
    expect(await place.flows()).toHaveLength((FILES - 2) * RECORDS);
    expect(place.notices).toEqual(
      swapped.map((n) => `left out ${recordsName(n)} with 10 records: ${ANOTHER}`),
    );
    using reader = await place.reader();
    await reader.stats();
    expect(reader.notices).toEqual(place.notices);
  });

  it('are lost for the next process, which sets them aside and remembers their times', async () => {
    using place = new HistoryPlace();
    const clock = await filled(place);
    const swapped = swapTwo(place, recordsName);
    await using _ = await place.open({}, clock);
    expect(place.departed).toEqual({ damaged: 2 * RECORDS });
    expect(place.troubles).toEqual(
      swapped.map((number) =>
        expect.stringContaining(`${recordsName(number)} of the history is damaged (${ANOTHER})`),
      ),
    );
    const { unreadable } = await ask(place, ofRecords);
    expect(unreadable).toMatchObject(
      swapped.map((number) => ({ name: recordsName(number), fromMs: START_MS + (number - 1) * HOUR_MS })),
    );
    // Sums have what they had.
    expect(await ask(place, noCondition)).toMatchObject({ unreadable: [] });
  });

  it('are made again when they were sums', async () => {
    using place = new HistoryPlace();
    const clock = await filled(place);
    const before = await ask(place, noCondition);
    for (const tier of ['minutes', 'fourHours']) swapTwo(place, (number) => sumsName(number, tier));
    expect((await ask(place, noCondition)).groups).toEqual(before.groups);
    await using history = await place.open({}, clock);
    await history.flush();
    expect(place.departed).toEqual({});
    expect(place.troubles).toHaveLength(4);
    expect(await ask(place, noCondition)).toMatchObject({ groups: before.groups, unreadable: [] });
  });

  it('are known also if an older Weir has written them, from the first start on', async () => {
    using place = new HistoryPlace();
    const clock = await filled(place);
    const unmarked = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (key, each) => (key === 'endCrc' ? undefined : each)));
    editManifest(place.directory, (line) => unmarked(line) as typeof line);
    expect(readFileSync(join(place.directory, 'manifest.jsonl'), 'utf8')).not.toContain('endCrc');
    await (await place.open({}, clock)).close();
    swapTwo(place, recordsName);
    expect(await ask(place, ofRecords)).toMatchObject({ unreadableRecords: 2 * RECORDS });
  });
});
