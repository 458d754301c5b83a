import { appendFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { batchOf, noCondition } from '../../src/flow/index.ts';
import { answerQuery, readQuery } from '../../src/query/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import {
  EventStore,
  History,
  HistoryReader,
  HistorySink,
  readEvents,
  type SumTier,
} from '../../src/store/index.ts';
import { flowsIn } from '../support/kept-history.ts';
import { madeEvent } from '../support/made-event.ts';
import { OwnDisk } from '../support/own-disk.ts';
import { requires } from '../support/requires.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { storedSums, totalOf } from '../support/summed-flows.ts';
import { until } from '../support/until.ts';

const ROUNDS = 3;
const BATCH = 50;

const batchFrom = (from: number) =>
  batchOf(Array.from({ length: BATCH }, (_, i) => numberedFlow(from + i, { flowId: from + i })));

/** Repeats the last line until the next one needs another page. */
function fillPage(path: string): void {
  const line = `${readFileSync(path, 'utf8').trim().split('\n').at(-1)}\n`;
  while (statSync(path).size % 4096 < 4096 - line.length) appendFileSync(path, line);
}

requires('namespaces', 'mount')(
  'a history with all that belongs to it, on a disk that another fills,',
  () => {
    it('counts what is lost, goes on, and has nothing wrong afterwards', { timeout: 600_000 }, async () => {
      await using disk = await OwnDisk.start('6m');
      const directory = disk.file('history');
      const said: string[] = [];
      const parts = {
        clock: systemClock,
        ledger: new Ledger(),
        log: new Log(systemClock, (line) => said.push(line)),
      };
      const settings = { directory, maxOctets: 1e9, maxAgeMs: 1e12, fileRecords: 4 * BATCH };
      const sink = new HistorySink('history', settings, parts);
      const events = new EventStore('events', parts);
      const [own, ofEvents] = [sink.account, events.account];
      await sink.start();
      await events.open({ directory, maxOctets: 1e9, maxAgeMs: 1e12 });
      let [written, told] = [0, 0];
      const writeOnce = async () => {
        await sink.write(batchFrom(written));
        written += BATCH;
        events.write(madeEvent({ message: `event ${told++} ${'x'.repeat(500)}` }));
      };
      const writeUntil = (what: string, condition: () => boolean) =>
        until(what, () => writeOnce().then(condition));
      const namesOf = (ending: string) =>
        readdirSync(directory).filter((name) => name.endsWith(ending)).length;
      const dropsOf = (account: typeof own) => account.dropped.get('disk full') ?? 0;
      for (let round = 0; round < ROUNDS; round++) {
        const [kept, lost, lostEvents] = [own.sent, dropsOf(own), dropsOf(ofEvents)];
        await writeUntil('records become files', () => own.sent >= kept + 40 * BATCH);
        if (round === 0) await writeUntil('sums are merged', () => namesOf('.hours.parquet') > 0);
        const before = said.length;
        // Parts of the log that wait to become files.
        for (let batch = 0; batch < 40; batch++) await writeOnce();
        fillPage(disk.file('history/writing.jsonl'));
        disk.fill();
        await writeUntil(
          'the disk refuses records, events, files and times of writing',
          () =>
            dropsOf(own) > lost &&
            dropsOf(ofEvents) > lostEvents &&
            (round > 0 ||
              ['cannot write a file of', 'that this process writes'].every((text) =>
                said.slice(before).some((line) => line.includes(text)),
              )),
        );
        const [sent, sentEvents] = [own.sent, ofEvents.sent];
        disk.makeRoom();
        await writeUntil(
          'all are kept again',
          () => own.sent > sent && ofEvents.sent > sentEvents && sink.isUp,
        );
      }
      await until('the log is files again', () => namesOf('.segment') <= 1);
      await sink.stop();
      await events.close();
      for (const account of parts.ledger.accounts) expect(account.difference, account.name).toBe(0);
      expect([own.received, ofEvents.received]).toEqual([written, told]);
      expect(own.sent + dropsOf(own)).toBe(written);

      const troubles: string[] = [];
      {
        const onTrouble = (kind: string, text: string) => troubles.push(`${kind}: ${text}`);
        await using history = await History.open({ ...settings, clock: systemClock, onTrouble });
        await history.flush();
      }
      expect(troubles).toEqual([]);
      expect(readdirSync(directory).filter((name) => /segment|tmp|damaged/.test(name))).toEqual([]);
      using reader = await HistoryReader.open(directory);
      const ids = (await flowsIn(reader, { condition: noCondition })).map(({ flowId }) => flowId!);
      expect([ids.length, new Set(ids).size, reader.notices]).toEqual([own.sent, own.sent, []]);
      const recordsOf = async (tier: SumTier) => totalOf(await storedSums(directory, tier), 'records');
      for (const tier of ['minutes', 'fourHours'] as const)
        expect(await recordsOf(tier), tier).toBe(BigInt(own.sent));
      // Coarser ones have what was merged.
      for (const tier of ['hours', 'days'] as const) {
        const listed = reader.sumsOf(tier).reduce((sum, { records }) => sum + records, 0);
        expect(await recordsOf(tier), tier).toBe(BigInt(listed));
      }
      const question = readQuery({ from: '1h', measures: ['records'] }, Date.now() + 1_000);
      const { totals, coverage } = await answerQuery(directory, question, new AbortController().signal);
      expect([totals, coverage.unreadableRecords]).toEqual([[own.sent], 0]);
      expect(coverage.gaps.filter(({ why }) => why === 'records were refused')).not.toEqual([]);
      const wanted = { sinceMs: 0, untilMs: Date.now() + 1, most: 1_000_000 };
      const found = await readEvents(directory, wanted);
      expect([found.events.length, found.damagedLines]).toEqual([ofEvents.sent, 0]);
    });
  },
);
