import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf, noCondition } from '../../src/flow/index.ts';
import { answerQuery, readQuery } from '../../src/query/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { HistorySink, loadDuckDB } from '../../src/store/index.ts';
import { leftOutReason } from '../../src/store/left-out.ts';
import { flowsIn, HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';

/** What a process of a history leaves that has no records. */
async function filled({ directory }: HistoryPlace): Promise<void> {
  const sink = new HistorySink(
    'history',
    { directory, maxOctets: 1e9, maxAgeMs: 1e12 },
    { clock: systemClock, ledger: new Ledger(), log: new Log(systemClock, () => {}) },
  );
  await sink.start();
  await sink.stop();
}

const batchFrom = (from: number) =>
  batchOf(Array.from({ length: 10 }, (_, i) => numberedFlow(from + i, { flowId: from + i })));

const ask = async ({ directory }: HistoryPlace, words: Record<string, unknown> = {}) => {
  const query = readQuery({ from: '1h', measures: ['records'], ...words }, Date.now() + 1_000);
  const { totals, coverage } = await answerQuery(directory, query, new AbortController().signal);
  return { records: totals[0], coverage, notices: coverage.notices.join('\n') };
};
/** It needs records: sums have no port of a client. */
const ofRecords = { where: 'sourcePort=1 or not sourcePort=1' };

const refused = (path: string) => chmodSync(path, 0);
const folder = (path: string) => {
  rmSync(path, { force: true });
  mkdirSync(path);
};
const link = (path: string) => {
  rmSync(path);
  symlinkSync('/dev/null', path);
};

const [records, minutes] = ['000000000002.parquet', '000000000002-000000000002.minutes.parquet'];
const segment = '000000000004.segment';
const NOT_PERMITTED = /: user \d+ may not read it \(EACCES\); give it the owner and mode of the other files/;

/** Files that are there, and that the system does not read. `left` is what records tell. */
const refusals = [
  { what: 'a file of records of another user', name: records, refuse: refused, left: 30, why: NOT_PERMITTED },
  { what: 'a link in place of records', name: records, refuse: link, left: 30, why: /: ELOOP: / },
  { what: 'a part of the log of another user', name: segment, refuse: refused, left: 30, why: NOT_PERMITTED },
  {
    what: 'a folder in place of a part of the log',
    name: segment,
    refuse: folder,
    left: 30,
    why: /: EISDIR: /,
  },
  { what: 'sums of another user', name: minutes, refuse: refused, left: 40, why: NOT_PERMITTED },
  { what: 'a link in place of sums', name: minutes, refuse: link, left: 40, why: /: ELOOP: / },
];

/** Root may read all. So all of this is another user's. */
function asOtherUser(): void {
  const own = process.geteuid!();
  beforeAll(async () => {
    await loadDuckDB();
    if (own === 0) process.seteuid!(65_534);
  });
  afterAll(() => process.seteuid!(own));
}

describe('a history with a file that the system does not read', () => {
  asOtherUser();

  it.each(refusals)('is counted without $what, which answers name', async ({ name, refuse, left, why }) => {
    using place = new HistoryPlace();
    await filled(place);
    await four(place);
    refuse(join(place.directory, name));
    const told = new RegExp(`eft out ${name} with 10 records${why.source}`);
    const asked = await ask(place, ofRecords);
    expect(asked.records).toBe(left);
    expect(asked.coverage.unreadableRecords).toBe(40 - left);
    expect(asked.coverage.gaps.some((gap) => gap.why === 'unreadable')).toBe(left < 40);
    if (left < 40) expect(asked.notices).toMatch(told);
    else expect(asked.notices).toBe('');
    // Sums may have what records lack. Then nothing is missing.
    const summed = await ask(place);
    expect(summed.records).toBe(name === segment ? 30 : 40);
    if (name === segment) expect(summed.notices).toMatch(told);
    else expect(summed.notices).toBe('');
    using reader = await place.reader();
    expect(await flowsIn(reader, { condition: noCondition })).toHaveLength(left);
    await reader.stats();
    expect(reader.notices.join('\n')).toMatch(told);
  });

  it('is counted without all such files at once', async () => {
    using place = new HistoryPlace();
    {
      await using history = await place.open();
      for (let part = 0; part < 8; part++) {
        await history.append(batchFrom(part * 10));
        await history.flush();
      }
    }
    for (const path of place.recordFiles().slice(0, 6)) refused(path);
    const { records: counted, coverage } = await ask(place, ofRecords);
    expect([counted, coverage.unreadableRecords]).toEqual([20, 60]);
    expect(coverage.notices.filter((notice) => NOT_PERMITTED.test(notice))).toHaveLength(6);
  });

  it('is counted without a part of the log that has just begun', async () => {
    using place = new HistoryPlace();
    await using history = await place.open();
    await history.append(batchFrom(0));
    await history.flush();
    await history.append(batchFrom(10));
    refused(join(place.directory, '000000000002.segment'));
    const { records: counted, notices, coverage } = await ask(place);
    expect(counted).toBe(10);
    expect(notices).toMatch(/Left out some records of 000000000002\.segment: user \d+ may not read it/);
    expect(coverage.gaps.map(({ why }) => why)).toContain('unreadable');
  });

  it.each(['writing.jsonl', 'absences.jsonl'])('is counted without %s', async (name) => {
    using place = new HistoryPlace();
    await filled(place);
    folder(join(place.directory, name));
    const { notices } = await ask(place);
    expect(notices).toMatch(new RegExp(`Left out ${name}, so gaps may be missing: EISDIR: `));
    using reader = await place.reader();
    expect(reader.notices.join('\n')).toMatch(
      new RegExp(`left out ${name}, so gaps may be missing: EISDIR: `),
    );
  });

  it('is not counted without its list of files, which the refusal names', async () => {
    using place = new HistoryPlace();
    await filled(place);
    {
      await using history = await place.open();
      await history.append(batchFrom(0));
      await history.flush();
    }
    refused(join(place.directory, 'manifest.jsonl'));
    await expect(ask(place)).rejects.toMatchObject({
      code: 'WEIR_HISTORY_NOT_PERMITTED',
      message: expect.stringContaining('manifest.jsonl'),
    });
  });
});

/** Files 1 to 3 of ten records each, and as many in the segment 4 of the log. */
async function four(place: HistoryPlace): Promise<void> {
  await using history = await place.open();
  for (let part = 0; part < 4; part++) {
    await history.append(batchFrom(part * 10));
    if (part < 3) await history.flush();
  }
}

describe('a writer that starts with a file that the system does not read', () => {
  asOtherUser();

  const goOn = async (place: HistoryPlace) => {
    await using history = await place.open();
    await history.append(batchFrom(40));
    await history.flush();
  };

  it.each([
    ['a file of records', records, 40],
    ['sums', minutes, 50],
    ['a part of the log', segment, 40],
  ])('says so of %s, goes on, and has all once it can be read', async (_, name, left) => {
    using place = new HistoryPlace();
    await four(place);
    const path = join(place.directory, name);
    refused(path);
    await goOn(place);
    expect(place.troubles).toEqual([
      expect.stringMatching(
        /^unreadable: .* stays in the history, and answers lack it: user \d+ may not read it/,
      ),
    ]);
    expect(place.troubles[0]).toContain(path);
    expect(place.departed).toEqual({});
    expect((await ask(place, ofRecords)).records).toBe(left);
    chmodSync(path, 0o600);
    await goOn(place);
    expect((await ask(place, ofRecords)).records).toBe(60);
    expect(place.troubles).toHaveLength(1);
  });

  it('does not set aside a file that its list has lost as well', async () => {
    using place = new HistoryPlace();
    await four(place);
    rmSync(join(place.directory, 'manifest.jsonl'));
    const path = join(place.directory, records);
    refused(path);
    await goOn(place);
    expect(place.troubles).toContainEqual(expect.stringContaining(`${path} stays in the history`));
    expect((await ask(place, ofRecords)).records).toBe(40);
    chmodSync(path, 0o600);
    await goOn(place);
    expect((await ask(place, ofRecords)).records).toBe(60);
  });

  it('loses the records in whose place a folder is, and keeps the folder', async () => {
    using place = new HistoryPlace();
    await four(place);
    const path = join(place.directory, records);
    folder(path);
    await goOn(place);
    expect(place.troubles).toEqual([
      expect.stringContaining(`${path} of the history is damaged (it is no file): 10 records lost`),
    ]);
    expect(place.departed).toEqual({ damaged: 10 });
    expect((await ask(place, ofRecords)).records).toBe(40);
    // A folder is nothing to make room with.
    {
      await using history = await place.open({ maxOctets: 20_000 });
      await history.append(batchFrom(50));
    }
    expect(existsSync(`${path}.damaged`)).toBe(true);
  });

  it('goes on beside a folder in place of a part of the log', async () => {
    using place = new HistoryPlace();
    await four(place);
    folder(join(place.directory, segment));
    await goOn(place);
    expect(place.troubles).toEqual([
      expect.stringMatching(/^unreadable: .*segment stays in the history.* EISDIR/),
    ]);
    expect((await ask(place, ofRecords)).records).toBe(40);
  });
});

it('a folder in place of the list of files is refused with its name by who reads and who writes', async () => {
  using place = new HistoryPlace();
  await four(place);
  const path = join(place.directory, 'manifest.jsonl');
  folder(path);
  const refusal = {
    code: 'WEIR_HISTORY_FAILED',
    message: expect.stringContaining(`${path}: EISDIR`),
    remedy: 'A folder has the name of a file of the history: move it away.',
  };
  await expect(place.open()).rejects.toMatchObject(refusal);
  await expect(ask(place)).rejects.toMatchObject(refusal);
});

describe('leftOutReason', () => {
  it('knows the errors of the system also in the words of DuckDB', () => {
    const read = 'IO Error: Could not read from file "/proc/self/fd/22"';
    expect(leftOutReason(new Error(`${read}: Input/output error`))).toEqual({
      fault: 'unreadable',
      why: 'its disk does not read it (EIO); look for errors of the disk in the kernel log',
    });
    expect(leftOutReason(new Error(`${read}: Permission denied`)).why).toMatch(/^user \d+ may not read it/);
    const damaged = 'Invalid Input Error: No magic bytes found';
    expect(leftOutReason(new Error(`${damaged}\nmore`))).toEqual({ fault: 'damaged', why: damaged });
  });
});
