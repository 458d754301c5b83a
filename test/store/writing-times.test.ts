import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { answerQuery, readQuery } from '../../src/query/index.ts';
import { Ledger, Log } from '../../src/runtime/index.ts';
import { HistorySink } from '../../src/store/index.ts';
import { WritingFile } from '../../src/store/writing-file.ts';
import { WritingLog } from '../../src/store/writing-log.ts';
import { BEAT_MS } from '../../src/store/writing-spans.ts';
import { BeatenClock } from '../support/beaten-clock.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const MINUTE_MS = 60_000;
const BEGIN_MS = Date.UTC(2026, 0, 1);

describe('the file of the times in which a process wrote', () => {
  const begun = async (place: TemporaryDirectory, clock: BeatenClock) => {
    const troubles: string[] = [];
    const log = await WritingLog.begin(place.path, clock, (_, text) => troubles.push(text));
    const beat = async () => {
      clock.advance(BEAT_MS);
      clock.beat();
      await log.written();
    };
    return { log, beat, troubles };
  };
  const timesIn = (place: TemporaryDirectory) => new WritingFile(place.path).read();

  it('has a span for each writer, to its last beat', async () => {
    using place = new TemporaryDirectory();
    const clock = new BeatenClock(BEGIN_MS);
    const first = await begun(place, clock);
    for (let i = 0; i < 3; i++) await first.beat();
    clock.kill();
    clock.advance(MINUTE_MS);
    const second = await begun(place, clock);
    await second.beat();
    await second.log.end();
    const [diedMs, againMs] = [BEGIN_MS + 3 * BEAT_MS, BEGIN_MS + 3 * BEAT_MS + MINUTE_MS];
    expect(await timesIn(place)).toEqual({
      knownFromMs: BEGIN_MS,
      spans: [
        { fromMs: BEGIN_MS, toMs: diedMs },
        { fromMs: againMs, toMs: againMs + BEAT_MS, isEnded: true },
      ],
    });
  });

  it('stays short, and is read when its last line is half written', async () => {
    using place = new TemporaryDirectory();
    const { log, beat } = await begun(place, new BeatenClock(BEGIN_MS));
    for (let i = 0; i < 3; i++) await beat();
    await log.end();
    const path = join(place.path, 'writing.jsonl');
    truncateSync(path, statSync(path).size - 5);
    appendFileSync(path, 'null\n{"fromMs":"a"}\n[1]\n');
    const { spans } = await timesIn(place);
    expect(spans).toEqual([{ fromMs: BEGIN_MS, toMs: BEGIN_MS + 3 * BEAT_MS }]);
    await new WritingFile(place.path).shorten();
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    expect((await timesIn(place)).spans).toEqual(spans);
  });

  it('forgets the oldest of very many spans, and says that it does not know them', async () => {
    using place = new TemporaryDirectory();
    const file = new WritingFile(place.path);
    const spans = Array.from({ length: 4_100 }, (_, i) => ({ fromMs: 10 * i, toMs: 10 * i + 5 }));
    await file.append(spans);
    await file.append([{ fromMs: 50_000, toMs: 50_001 }]);
    const times = await timesIn(place);
    expect(times.spans).toHaveLength(2_001);
    expect(times.knownFromMs).toBe(spans.at(-2_001)!.toMs);
  });

  it('gets later what the disk refuses now', async () => {
    using place = new TemporaryDirectory();
    const { log, beat, troubles } = await begun(place, new BeatenClock(BEGIN_MS));
    const path = join(place.path, 'writing.jsonl');
    rmSync(path);
    mkdirSync(path);
    await beat();
    expect(troubles).toEqual([expect.stringMatching(/^cannot write down that this process writes: /)]);
    rmSync(path, { recursive: true });
    await beat();
    expect((await timesIn(place)).spans).toEqual([{ fromMs: BEGIN_MS, toMs: BEGIN_MS + 2 * BEAT_MS }]);
    await log.end();
  });
});

describe('an answer from a history', () => {
  const nobodyLeaves = new AbortController().signal;
  const asked = (place: HistoryPlace, from: number, to: number, more = {}) => {
    const [fromText, toText] = [from, to].map((ms) => new Date(ms).toISOString());
    const question = { from: fromText, to: toText, measures: ['records'], ...more };
    return answerQuery(place.directory, readQuery(question, Date.now()), nobodyLeaves);
  };
  const sinkOf = (place: HistoryPlace, clock: BeatenClock) =>
    new HistorySink(
      'history',
      { directory: place.directory, maxOctets: 1e9, maxAgeMs: 1e12 },
      { clock, ledger: new Ledger(), log: new Log(clock, () => {}) },
    );
  const flow = batchOf([numberedFlow(1)]);

  it('says when no process wrote, and that a writer without flows is no gap', async () => {
    using place = new HistoryPlace();
    const clock = new BeatenClock(BEGIN_MS);
    const first = sinkOf(place, clock);
    await first.start();
    clock.advance(MINUTE_MS);
    await first.write(flow);
    clock.beat();
    await first.stop();
    clock.advance(10 * MINUTE_MS);
    const second = sinkOf(place, clock);
    await second.start();
    for (let beat = 0; beat < 12; beat++) {
      clock.advance(BEAT_MS);
      clock.beat();
    }
    await second.stop();
    const endMs = clock.now();
    const { coverage } = await asked(place, BEGIN_MS - MINUTE_MS, endMs + MINUTE_MS);
    const [stoppedMs, againMs] = [BEGIN_MS + MINUTE_MS, BEGIN_MS + 11 * MINUTE_MS];
    expect(coverage).toMatchObject({
      coveredFromMs: BEGIN_MS,
      coveredToMs: endMs,
      gaps: [
        { fromMs: BEGIN_MS - MINUTE_MS, toMs: BEGIN_MS, why: 'before the history' },
        { fromMs: stoppedMs, toMs: againMs, why: 'no process wrote' },
        { fromMs: endMs, toMs: endMs + MINUTE_MS, why: 'no process wrote' },
      ],
      notices: [],
    });
    expect((await asked(place, againMs, endMs)).coverage.gaps).toEqual([]);
    using reader = await place.reader();
    expect((await reader.coverage({ fromMs: BEGIN_MS, toMs: endMs }, endMs)).gaps).toEqual([
      { fromMs: stoppedMs, toMs: againMs, why: 'no process wrote' },
    ]);
  });

  it('gives a wrong clock as the reason of no gap but the one that it left', async () => {
    using place = new HistoryPlace();
    const clock = new BeatenClock(BEGIN_MS);
    const sink = sinkOf(place, clock);
    await sink.start();
    const setClock = (byMs: number) => {
      clock.set(byMs);
      clock.beat();
    };
    clock.beat();
    setClock(60 * MINUTE_MS);
    setClock(-60 * MINUTE_MS);
    clock.kill();
    const endMs = clock.now() + 30 * MINUTE_MS;
    using reader = await place.reader();
    const { gaps } = await reader.coverage({ fromMs: BEGIN_MS, toMs: endMs }, endMs);
    expect(gaps.map(({ why }) => why)).toEqual(['no process wrote']);
  });

  it('says of a compared time how much of it is covered', async () => {
    using place = new HistoryPlace();
    const clock = new BeatenClock(BEGIN_MS);
    const sink = sinkOf(place, clock);
    await sink.start();
    clock.advance(0.25 + MINUTE_MS / 2);
    await sink.write(flow);
    clock.beat();
    await sink.stop();
    const { coverage } = await asked(place, BEGIN_MS + MINUTE_MS / 4, BEGIN_MS + MINUTE_MS / 2, {
      compare: 'previous',
    });
    expect(coverage.gaps).toEqual([]);
    expect(coverage.previous).toEqual({
      coveredFromMs: BEGIN_MS,
      coveredToMs: BEGIN_MS + MINUTE_MS / 4,
      gaps: [],
    });
    const { coverage: earlier } = await asked(place, BEGIN_MS + 10_000, BEGIN_MS + 30_000, {
      compare: 'previous',
    });
    expect(earlier.previous?.gaps).toEqual([
      { fromMs: BEGIN_MS - 10_000, toMs: BEGIN_MS, why: 'before the history' },
    ]);
    expect(earlier.notices).toEqual([
      'The compared time is covered to 50.0 %: its counts may be too low, and changes too large.',
    ]);
  });

  it('says of a file that is gone at which time it had records, also after a restart', async () => {
    using place = new HistoryPlace();
    const clock = new BeatenClock(BEGIN_MS);
    {
      await using history = await place.open({}, clock);
      for (let part = 0; part < 3; part++) {
        await history.append(flow);
        clock.advance(MINUTE_MS);
        await history.append(flow);
        await history.flush();
        clock.advance(MINUTE_MS);
      }
    }
    rmSync(place.recordFiles()[1]!);
    for (let restart = 0; restart < 2; restart++) await (await place.open({}, clock)).close();
    const span = [BEGIN_MS, BEGIN_MS + 60 * MINUTE_MS] as const;
    // Sums have its records as well, but no ports of clients.
    expect((await asked(place, ...span)).coverage.gaps).toEqual([]);
    const { coverage } = await asked(place, ...span, { where: 'sourcePort=1 or not sourcePort=1' });
    // Its last record is within the gap.
    expect(coverage.gaps).toContainEqual({
      fromMs: BEGIN_MS + 2 * MINUTE_MS,
      toMs: BEGIN_MS + 3 * MINUTE_MS + 1,
      why: 'missing',
    });
    expect(coverage.unreadableRecords).toBe(2);
  });
});
