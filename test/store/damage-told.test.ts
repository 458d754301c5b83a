import {
  appendFileSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { answerQuery, readQuery } from '../../src/query/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { HistorySink } from '../../src/store/index.ts';
import { weir } from '../cli/weir.ts';
import { editManifest, ofLaterLayout } from '../support/edited-manifest.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';

const RECORDS = 40;

const batchFrom = (from: number) =>
  batchOf(Array.from({ length: 10 }, (_, i) => numberedFlow(from + i, { flowId: from + i })));

/** Files 1 to 3 of ten records each, and as many in the segment 4 of the log. */
async function filled(place: HistoryPlace): Promise<void> {
  const sink = sinkOf(place, new Ledger());
  await sink.start();
  await sink.stop();
  await using history = await place.open();
  for (let part = 0; part < 4; part++) {
    await history.append(batchFrom(part * 10));
    if (part < 3) await history.flush();
  }
}

const sinkOf = ({ directory }: HistoryPlace, ledger: Ledger) =>
  new HistorySink(
    'history',
    { directory, maxOctets: 1e9, maxAgeMs: 1e12 },
    { clock: systemClock, ledger, log: new Log(systemClock, () => {}) },
  );

const digits = (number: number): string => String(number).padStart(12, '0');
const file = (number: number): string => `${digits(number)}.parquet`;
const segment = (number: number): string => `${digits(number)}.segment`;
const minutes = (number: number): string => `${digits(number)}-${digits(number)}.minutes.parquet`;

/** Changes a line of a file of lines. */
function edit(path: string, pattern: RegExp, change: (line: string) => string): void {
  const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
  expect(lines.some((line) => pattern.test(line))).toBe(true);
  writeFileSync(path, lines.map((line) => (pattern.test(line) ? change(line) : line)).join(''));
}

const flipped = (line: string): string => line.replace('"records":10', '"records":19');

interface Damage {
  readonly what: string;
  readonly damage: (directory: string) => void;
  /** Records that readers still find, if they ask for records; default all. */
  readonly left?: number;
  /** Words of each answer; default none, because nothing is missing in it. */
  readonly told?: RegExp;
  /** What `weir history stats` says besides. */
  readonly stats?: RegExp;
  /** What the account of the next writer has; default nothing. */
  readonly counted?: Readonly<Record<string, number>>;
  /** Records that are left after the next start, if it finds more again; default as many as before. */
  readonly afterwards?: number;
}

const damages: readonly Damage[] = [
  {
    what: 'a deleted file of records',
    damage: (at) => rmSync(join(at, file(2))),
    left: 30,
    told: /0002\.parquet with 10 records: it is missing/,
    counted: { 'deleted (missing)': 10 },
  },
  {
    what: 'a truncated file of records',
    damage: (at) => truncateSync(join(at, file(2)), 500),
    left: 30,
    told: /0002\.parquet/,
    counted: { 'deleted (damaged)': 10 },
  },
  {
    what: 'a renamed file of records',
    damage: (at) => renameSync(join(at, file(2)), join(at, 'of-me.parquet')),
    left: 30,
    told: /0002\.parquet with 10 records: it is missing/,
    counted: { 'deleted (missing)': 10 },
  },
  {
    what: 'a deleted segment',
    damage: (at) => rmSync(join(at, segment(4))),
    left: 30,
    told: /0004\.segment with 10 records: it is missing/,
    counted: { 'deleted (missing)': 10 },
  },
  {
    what: 'a segment that is cut within a frame',
    damage: (at) => truncateSync(join(at, segment(4)), statSync(join(at, segment(4))).size - 3),
    left: 30,
    told: /10 records of 0+4\.segment: it has \d+ octets instead of \d+/,
    counted: { 'deleted (damaged)': 10 },
  },
  {
    what: 'an empty segment',
    damage: (at) => truncateSync(join(at, segment(4)), 0),
    left: 30,
    told: /10 records of 0+4\.segment: it has 0 octets instead of \d+/,
    counted: { 'deleted (damaged)': 10 },
  },
  {
    what: 'a segment with a damaged header of a frame',
    damage: (at) => {
      const octets = readFileSync(join(at, segment(4)));
      octets[8 + 5]! ^= 0xff;
      writeFileSync(join(at, segment(4)), octets);
    },
    left: 30,
    told: /10 records of 0+4\.segment: its octets are damaged/,
    counted: { 'deleted (damaged)': 10 },
  },
  {
    what: 'a segment with a damaged payload',
    damage: (at) => {
      const octets = readFileSync(join(at, segment(4)));
      octets[8 + 28 + 5]! ^= 0xff;
      writeFileSync(join(at, segment(4)), octets);
    },
    left: 30,
    told: /10 records of 0+4\.segment: its octets are damaged/,
  },
  {
    what: 'a segment with the number of another one',
    damage: (at) => renameSync(join(at, segment(4)), join(at, segment(9))),
    left: 30,
    told: /0004\.segment with 10 records: it is missing/,
    counted: { 'deleted (missing)': 10 },
  },
  {
    what: 'a damaged line in the middle of the list',
    damage: (at) => edit(join(at, 'manifest.jsonl'), /"came":\{"number":2/, () => '?\n'),
    left: 30,
    told: /he list of files, manifest\.jsonl, lacks 1 lines, or they are damaged/,
    counted: { 'damaged lines of the list of files': 1 },
    afterwards: 40,
  },
  {
    what: 'a line of the list with another number',
    damage: (at) => edit(join(at, 'manifest.jsonl'), /"came":\{"number":2/, flipped),
    left: 30,
    told: /0002\.parquet: the list of files lacks it/,
    counted: { 'damaged lines of the list of files': 1 },
    afterwards: 40,
  },
  {
    what: 'a deleted line of the list',
    damage: (at) => edit(join(at, 'manifest.jsonl'), /"came":\{"number":2/, () => ''),
    left: 30,
    told: /he list of files, manifest\.jsonl, lacks 1 lines/,
    counted: { 'damaged lines of the list of files': 1 },
    afterwards: 40,
  },
  {
    what: 'a repeated line of the list',
    damage: (at) => edit(join(at, 'manifest.jsonl'), /"came":\{"number":2/, (line) => line + line),
  },
  {
    what: 'half a line at the end of the list',
    damage: (at) => appendFileSync(join(at, 'manifest.jsonl'), '{"came":{"num'),
  },
  {
    what: 'a deleted list',
    damage: (at) => rmSync(join(at, 'manifest.jsonl')),
    left: 10,
    told: /0002\.parquet: the list of files lacks it/,
    afterwards: 40,
  },
  {
    what: 'a deleted file of sums',
    damage: (at) => rmSync(join(at, minutes(2))),
    stats: /0002\.minutes\.parquet with 10 records: it is missing/,
  },
  {
    what: 'the sums of another file',
    damage: (at) => {
      copyFileSync(join(at, minutes(1)), join(at, minutes(2)));
      truncateSync(join(at, minutes(2)), statSync(join(at, minutes(1))).size - 1);
    },
    stats: /0002\.minutes\.parquet with 10 records: it has \d+ octets instead of \d+/,
  },
  {
    what: 'damaged times of writing',
    damage: (at) =>
      edit(join(at, 'writing.jsonl'), /isEnded/, (line) => line.replace(/"toMs":\d/, '"toMs":9')),
    told: /1 lines of writing\.jsonl are damaged/,
  },
];

describe.each(damages)(
  'a history with $what',
  ({ damage, left = RECORDS, told, stats = told, counted = {}, afterwards = left }) => {
    const place = new HistoryPlace();
    const ask = (words: Record<string, unknown>) =>
      answerQuery(
        place.directory,
        readQuery({ from: '1h', measures: ['records'], ...words }, Date.now() + 1_000),
        new AbortController().signal,
      );
    /** It needs records: sums have no port of a client. */
    const ofRecords = { where: 'sourcePort=1 or not sourcePort=1' };

    beforeAll(async () => {
      await filled(place);
      damage(place.directory);
    });
    afterAll(() => place[Symbol.dispose]());

    it('has answers that say what they lack', async () => {
      const { totals, coverage } = await ask(ofRecords);
      expect(totals).toEqual([left]);
      const notices = coverage.notices.join('\n');
      if (told === undefined) expect(notices).toBe('');
      else expect(notices).toMatch(told);
      // Sums may have what is lost. An answer that has not all says so.
      const summed = await ask({});
      if (summed.totals[0] !== RECORDS) expect(summed.coverage.notices.join('\n')).toMatch(told!);
    });

    it('is shown by weir flows and weir history with what is missing', async () => {
      const run = (...args: string[]) => weir(...args, '--directory', place.directory);
      const flows = await run('flows', '--from', 'history', '-o', 'json', '--last', '1000');
      expect(flows.stdout.split('\n').filter(Boolean)).toHaveLength(left);
      const counts = await run('history', 'stats', '-o', 'json');
      if (told === undefined) expect(flows.stderr).toBe('');
      else expect(flows.stderr).toMatch(told);
      if (stats === undefined) expect(counts.stderr).toBe('');
      else expect(counts.stderr).toMatch(stats);
      expect(JSON.parse(counts.stdout).notices.join('\n')).toMatch(stats ?? /^$/);
    });

    it('has its losses counted by the next writer, and in answers afterwards', async () => {
      const ledger = new Ledger();
      const sink = sinkOf(place, ledger);
      await sink.start();
      await sink.stop();
      expect(Object.fromEntries(sink.account.events)).toEqual(counted);
      await using history = await place.open();
      await history.flush();
      const { totals, coverage } = await ask(ofRecords);
      expect(totals).toEqual([afterwards]);
      if (afterwards < RECORDS) expect(coverage.unreadableRecords).toBe(RECORDS - afterwards);
    });
  },
);

it('a history of a later Weir is read in part, and not changed', async () => {
  using place = new HistoryPlace();
  await filled(place);
  ofLaterLayout(place.directory);
  const all = () =>
    readdirSync(place.directory).map((name) => [
      name,
      name === 'events' || readFileSync(join(place.directory, name)),
    ]);
  const before = all();
  await expect(place.open()).rejects.toMatchObject({ code: 'WEIR_HISTORY_LATER' });
  expect(all()).toEqual(before);
  editManifest(place.directory, (line) => ('log' in line ? { line: line.line, unheardOf: 1 } : line));
  await expect(place.open()).rejects.toMatchObject({ code: 'WEIR_HISTORY_LATER' });
  await place.flows();
  expect(place.notices.join('\n')).toMatch(/a later Weir wrote \d lines of manifest\.jsonl/);
});
