import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { KeptEvent } from '../../../src/flow/index.ts';
import { WeirError } from '../../../src/runtime/index.ts';
import { EventPlace } from '../../support/event-place.ts';
import { madeEvent } from '../../support/made-event.ts';
import { Program } from '../../support/program.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

const numbered = (count: number, other: Partial<KeptEvent> = {}): KeptEvent[] =>
  Array.from({ length: count }, (_, number) => madeEvent({ ...other, facts: { number } }));
const numbersOf = (events: readonly KeptEvent[]) => events.map(({ facts }) => facts.number);
const timeAt = (ms: number) => new Date(ms).toISOString();

const octetsIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

it('a store has all events, by their time, in any order of writing', async () => {
  using place = new EventPlace();
  const nowMs = place.clock.now();
  const [late, early] = [madeEvent({ time: timeAt(nowMs) }), madeEvent({ time: timeAt(nowMs - 5_000) })];
  const own = madeEvent({ kind: 'process', names: {}, time: timeAt(nowMs - 2_000) });
  const { account } = await place.keep([late, early, own]);
  expect(await place.read()).toEqual({
    events: [early, own, late],
    isCut: false,
    keptSince: own.time,
    damagedLines: 0,
    missingFiles: 0,
  });
  expect(account.toJSON()).toMatchObject({ received: 3, sent: 3, dropped: {}, held: 0, closed: true });
});

it('a second process reads them while the first one writes', async () => {
  using place = new EventPlace();
  const store = await place.open();
  store.write(madeEvent());
  await until('a kept event', () => store.account.sent === 1);
  expect((await place.read()).events).toHaveLength(1);
  await expect(place.open()).rejects.toMatchObject({ code: 'WEIR_HISTORY_IN_USE' });
  await store.close();
});

it('a question has a time, kinds, namespaces, words and a number', async () => {
  using place = new EventPlace();
  const at = (minute: number) => timeAt(Date.UTC(2026, 0, 31, 10, minute));
  const rollOut = madeEvent({
    ...{ kind: 'rollout', reason: 'RolloutStarted', objectKind: 'Deployment', objectName: 'Web' },
    ...{ names: { sourcePodNamespace: 'bank' }, facts: { revision: '7' } },
  });
  await place.keep([
    ...[0, 1, 2, 3].map((minute) => madeEvent({ time: at(minute), facts: { minute } })),
    { ...rollOut, time: at(2) },
    madeEvent({ time: at(3), kind: 'process', names: {}, reason: 'Started' }),
  ]);
  const found = async (wanted: Parameters<EventPlace['read']>[0]) =>
    (await place.read(wanted)).events.map(({ reason, time }) => `${time.slice(14, 16)} ${reason}`);
  expect(await found({ sinceMs: Date.parse(at(1)), untilMs: Date.parse(at(2)) })).toEqual(['01 OOMKilled']);
  expect(await found({ kinds: ['rollout', 'process'] })).toEqual(['02 RolloutStarted', '03 Started']);
  expect(await found({ namespaces: ['bank', 'dev'] })).toEqual(['02 RolloutStarted']);
  expect(await found({ search: 'deployment  WEB revision=7' })).toEqual(['02 RolloutStarted']);
  expect(await found({ search: 'web oom' })).toEqual([]);
  expect(await found({ search: 'pod cart', kinds: ['kubernetes'], most: 2 })).toEqual([
    '02 OOMKilled',
    '03 OOMKilled',
  ]);
  expect((await place.read({ most: 2 })).isCut).toBe(true);
  const mayRead = async (namespace: string | undefined) => namespace === 'bank';
  expect(await found({ mayRead })).toEqual(['02 RolloutStarted']);
  expect((await place.read({ mayRead, most: 1 })).isCut).toBe(false);
});

it('the files stay within their octets, and a loud kind takes nothing from the others', async () => {
  using place = new EventPlace();
  const bounds = { maxOctets: 1_000_000 };
  const store = await place.open(bounds);
  store.write(madeEvent({ kind: 'process', names: {} }));
  for (const [at, event] of numbered(5_000).entries()) {
    store.write(event);
    if (at % 100 === 0) await until('room', () => store.account.held === 0);
  }
  await store.close();
  expect(octetsIn(place.folder)).toBeLessThanOrEqual(bounds.maxOctets);
  const { events, keptSince } = await place.read();
  const [own, ...loud] = events;
  expect(own!.kind).toBe('process');
  expect(loud.length).toBeGreaterThan(300);
  expect(numbersOf(loud)).toEqual(numbersOf(numbered(5_000)).slice(-loud.length));
  expect(keptSince).toBe(loud[0]!.time);
  expect((await place.read({ kinds: ['process'] })).keptSince).toBe(own!.time);
  const { events: noted } = store.account;
  expect(noted.get('deleted (octets)')).toBe(5_000 - loud.length);
});

it('events that are too old are deleted, a file at a time, and the files say since when they have all', async () => {
  using place = new EventPlace();
  const store = await place.open({ maxAgeMs: 8_000 });
  store.write(madeEvent());
  await until('the first', () => store.account.sent === 1);
  place.clock.advance(2_000);
  store.write(madeEvent({ kind: 'agent' }));
  store.write(madeEvent());
  await until('the others', () => store.account.sent === 3);
  expect(readdirSync(place.folder).filter((name) => name.startsWith('kubernetes'))).toHaveLength(2);
  place.clock.advance(66_000); // it looks each minute
  await until('no event', async () => (await place.read()).events.length === 0);
  expect(store.account.events.get('deleted (age)')).toBe(3);
  expect((await place.read()).keptSince).toBeDefined();
  await store.close();
});

it('damaged lines are left out and counted, wherever the damage is', async () => {
  using place = new EventPlace();
  await place.keep(numbered(5));
  const [name] = readdirSync(place.folder);
  const path = join(place.folder, name!);
  const lines = readFileSync(path, 'utf8').split('\n');
  lines[1] = lines[1]!.replace('"number":1', '"number":9');
  lines[2] = lines[2]!.slice(0, 40);
  lines[3] = '\u0000\ufffd';
  writeFileSync(path, lines.join('\n'));
  const { events, damagedLines } = await place.read();
  expect([numbersOf(events), damagedLines]).toEqual([[0, 4], 3]);
});

it('a file that somebody has deleted between others is missed, and all are kept only since the next', async () => {
  using place = new EventPlace();
  const store = await place.open({ maxOctets: 1_000_000 });
  const beginMs = place.clock.now() - 1_000_000;
  for (const [at, event] of numbered(900).entries()) {
    store.write({ ...event, time: timeAt(beginMs + 1_000 * at) });
    if (at % 100 === 0) await until('room', () => store.account.held === 0);
  }
  await store.close();
  const names = readdirSync(place.folder).filter((name) => name.startsWith('kubernetes'));
  expect(names.length).toBeGreaterThan(2);
  expect(await place.read()).toMatchObject({ missingFiles: 0, keptSince: timeOfFirst(place, names[0]!) });
  rmSync(join(place.folder, names[1]!));
  expect(await place.read()).toMatchObject({ missingFiles: 1, keptSince: timeOfFirst(place, names[2]!) });
  expect(await place.read({ kinds: ['process'] })).toMatchObject({ missingFiles: 0 });
});

it('a file that the system does not read is left out and named, and all are kept only since the next', async () => {
  using place = new EventPlace();
  const [early, late] = [2_000, 1_000].map((ms) => madeEvent({ time: timeAt(place.clock.now() - ms) }));
  await place.keep([early!]);
  const names = readdirSync(place.folder).filter((name) => name.startsWith('kubernetes'));
  expect(names).toEqual(['kubernetes-000000000001.log']);
  const second = join(place.folder, 'kubernetes-000000000002.log');
  renameSync(join(place.folder, names[0]!), second);
  await place.keep([late!]);
  mkdirSync(join(place.folder, names[0]!));
  const unreadableFiles = [expect.stringMatching(/^kubernetes-000000000001\.log: EISDIR: /)];
  expect(await place.read()).toMatchObject({
    events: [early, late],
    missingFiles: 0,
    unreadableFiles,
    keptSince: early!.time,
  });
  // It is older than the asked time here, and only its begin matters.
  utimesSync(join(place.folder, names[0]!), 1_000, 1_000);
  const sinceMs = Date.parse(late!.time);
  expect(await place.read({ sinceMs })).toMatchObject({ unreadableFiles, keptSince: early!.time });
  expect((await place.read({ kinds: ['process'] })).unreadableFiles).toBeUndefined();
});

const timeOfFirst = ({ folder }: EventPlace, name: string) =>
  /"time":"([^"]+)"/.exec(readFileSync(join(folder, name), 'utf8'))![1];

it('half a line of a writer that died is no damage until the next writer has ended it', async () => {
  using place = new EventPlace();
  await place.keep(numbered(2));
  const [name] = readdirSync(place.folder);
  appendFileSync(join(place.folder, name!), '0123abcd {"time":"2026');
  expect(await place.read()).toMatchObject({ damagedLines: 0, events: [{}, {}] });
  await place.keep(numbered(1));
  expect(await place.read()).toMatchObject({ damagedLines: 1, events: [{}, {}, {}] });
});

it('texts have a bound, and come back as they were', async () => {
  using place = new EventPlace();
  const odd = madeEvent({ message: 'a\n\u001b[2J"\u{1f600}\ud800', objectName: 'x'.repeat(100_000) });
  await place.keep([odd]);
  const [found] = (await place.read()).events;
  expect(found!.message).toBe('a\n\u001b[2J"\u{1f600}\ufffd');
  expect(found!.objectName).toBe(`${'x'.repeat(1_024)}…`);
});

it('events wait for a directory, within a bound, and what finds none counts as dropped', async () => {
  using place = new EventPlace();
  const store = place.newStore();
  for (const event of numbered(20_000)) store.write(event);
  const { held } = store.account;
  expect(held).toBeGreaterThan(5_000);
  expect(store.account.toJSON()).toMatchObject({
    dropped: { 'no room in memory': 20_000 - held },
    closed: true,
  });
  await store.open({ directory: place.directory, maxOctets: 1e8, maxAgeMs: 1e11 });
  expect(store.account.sent).toBe(held);
  await store.close();
  store.write(madeEvent());
  await store.close();
  expect(store.account.toJSON()).toMatchObject({ dropped: { 'no history': 1 }, held: 0, closed: true });
});

it('old files go by hand, too', async () => {
  using place = new EventPlace();
  const store = await place.open();
  store.write(madeEvent());
  await until('a kept event', () => store.account.sent === 1);
  expect(await store.prune(place.clock.now() - 1_000)).toBe(0);
  place.clock.advance(10);
  expect(await store.prune(place.clock.now())).toBe(1);
  await store.close();
  expect((await place.read()).events).toEqual([]);
});

it('a directory without events has none, and one that is not there is a fault', async () => {
  using place = new EventPlace();
  writeFileSync(join(place.directory, 'writing.jsonl'), '');
  expect(await place.read()).toEqual({
    events: [],
    isCut: false,
    keptSince: undefined,
    damagedLines: 0,
    missingFiles: 0,
  });
  using missing = new EventPlace();
  missing[Symbol.dispose]();
  const fault = await missing.read().catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(WeirError);
  expect(fault).toMatchObject({ code: 'WEIR_HISTORY_MISSING' });
});

const script = new URL('../../support/event-writer.ts', import.meta.url).pathname;
const KILLS = 2;

it(`all events that were kept are there, once, after ${KILLS} kills at any moment`, async () => {
  using place = new EventPlace();
  using logs = new TemporaryDirectory();
  const log = logs.file('log');
  const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  for (let kill = 0; kill < KILLS; kill++) {
    const before = lines().length;
    const first = kill * 1_000_000;
    const writer = new Program([process.execPath, script, place.directory, String(first), log]);
    await until('kept events', () => lines().length > before + 20);
    writer.process.kill('SIGKILL');
    await writer.ended;
    const kept = Number(/\d+$/.exec(lines().at(-1)!)![0]);
    const numbers = numbersOf((await place.read()).events)
      .map(Number)
      .filter((number) => number >= first);
    expect(numbers.length).toBeGreaterThanOrEqual(kept - first);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, at) => first + at));
  }
  expect(lines().filter((line) => line.startsWith('trouble'))).toEqual([]);
});

it('a newest file that the system does not write has a successor, and no event is lost', async () => {
  using place = new EventPlace();
  await place.keep(numbered(1));
  mkdirSync(join(place.folder, 'kubernetes-000000000002.log'));
  const { account } = await place.keep(numbered(3));
  expect(account.toJSON()).toMatchObject({ received: 3, sent: 3, dropped: {} });
  const { events, unreadableFiles } = await place.read();
  expect(events).toHaveLength(4);
  expect(unreadableFiles).toEqual([expect.stringContaining('kubernetes-000000000002.log')]);
  expect(readdirSync(place.folder)).toContain('kubernetes-000000000003.log');
});

it('what the disk refuses counts as dropped, and a later event is kept again', async () => {
  using place = new EventPlace();
  const store = await place.open();
  store.write(madeEvent());
  await until('a kept event', () => store.account.sent === 1);
  renameSync(place.folder, `${place.folder}.away`);
  for (const event of numbered(3)) {
    store.write(event);
    await until('an answer of the disk', () => store.account.held === 0);
  }
  expect(place.lines.join('\n')).toContain('1 events lost');
  renameSync(`${place.folder}.away`, place.folder);
  store.write(madeEvent());
  await store.close();
  expect(store.account.toJSON()).toMatchObject({ sent: 2, dropped: { 'not stored': 3 } });
  expect(readdirSync(place.folder).filter((name) => name.endsWith('.log'))).toEqual([
    'kubernetes-000000000001.log',
  ]);
});
