import { existsSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { FakeClock } from '../../support/fake-clock.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { BEGUN, madeNode, madePod } from '../names/made-objects.ts';
import { EventBed, madeEvent, madeReady, STARTED, withContainers } from './event-bed.ts';

const later = (seconds: number): number => STARTED + seconds * 1_000;

/** Ends a bed after ten seconds; the next one starts a minute after the first. */
async function restarted(stateDirectory: string): Promise<EventBed> {
  const before = new EventBed({ stateDirectory });
  await before.start();
  before.clock.advance(10_000);
  await before.stop();
  before.clock.advance(50_000);
  const after = new EventBed({ stateDirectory, clock: before.clock });
  await after.start();
  return after;
}

const whatHappened = (bed: EventBed, atMs: number): void => {
  bed.list('nodes', madeReady(madeNode(), 'Unknown', atMs));
  bed.list('pods', withContainers(madePod(), { startedMs: atMs }));
  bed.list('events', madeEvent({ lastMs: atMs }));
};

it('what happened while no aggregator ran is reported by the next one, and nothing before that', async () => {
  using directory = new TemporaryDirectory();
  const bed = await restarted(directory.path);
  whatHappened(bed, later(30));
  expect(bed.takeReasons()).toEqual(['NodeNotReady', 'Started', 'BackOff']);
  const other = await restarted(directory.path);
  whatHappened(other, later(9));
  expect(other.reported).toEqual([]);
  expect(other.account.dropped).toEqual({ 'before the start': 1 });
});

it('an aggregator that was killed leaves nothing to go on from, so that nothing is reported twice', async () => {
  using directory = new TemporaryDirectory();
  const killed = await restarted(directory.path);
  expect(existsSync(directory.file('events-until'))).toBe(false);
  const bed = new EventBed({ stateDirectory: directory.path, clock: killed.clock });
  await bed.start();
  whatHappened(bed, later(30));
  expect(bed.reported).toEqual([]);
});

it('an end of days ago counts as one of an hour ago, and one in the future or in other words as none', async () => {
  for (const [text, reasons] of [
    [new Date(BEGUN - 86_400_000).toISOString(), ['BackOff']],
    [new Date(later(600)).toISOString(), []],
    ['x'.repeat(1_000_000), []],
    [new Date(later(-3_500)).toISOString(), ['BackOff']],
    [new Date(later(-3_300)).toISOString(), []],
  ] as const) {
    using directory = new TemporaryDirectory();
    writeFileSync(directory.file('events-until'), text);
    const bed = new EventBed({ stateDirectory: directory.path });
    await bed.start();
    bed.list(
      'events',
      madeEvent({ lastMs: later(-3_400) }),
      madeEvent({ uid: 'old', lastMs: later(-3_650) }),
    );
    expect([text.slice(0, 30), bed.takeReasons()]).toEqual([text.slice(0, 30), reasons]);
  }
});

it('a state that cannot be read or written is said, and costs no more than that', async () => {
  using directory = new TemporaryDirectory();
  await mkdir(directory.file('events-until'));
  const bed = new EventBed({ stateDirectory: directory.path });
  await bed.start();
  await bed.stop();
  expect(bed.said.join('\n')).toMatch(
    /what happened before the start is not reported: [\s\S]*the next start/,
  );
});

it('what happened while the API server was away is reported by the next process, for each kind', async () => {
  using directory = new TemporaryDirectory();
  const stateDirectory = directory.path;
  const clock = new FakeClock(STARTED);
  const lostMs = clock.monotonic() + 5_000;
  const seenMs = (plural: string) =>
    plural === 'nodes' ? clock.monotonic() : plural === 'pods' ? undefined : lostMs;
  const before = new EventBed({ stateDirectory, clock, seenMs });
  await before.start();
  clock.advance(20_000);
  await before.stop();
  const after = new EventBed({ stateDirectory, clock });
  await after.start();
  after.list('nodes', madeReady(madeNode(), 'Unknown', later(10)));
  after.list('pods', withContainers(madePod(), { startedMs: later(2) }));
  after.list('events', madeEvent({ lastMs: later(10) }), madeEvent({ uid: 'earlier', lastMs: later(4) }));
  expect(after.takeReasons()).toEqual(['Started', 'BackOff']);
  expect(after.account.dropped).toEqual({ 'before the start': 1 });
});
