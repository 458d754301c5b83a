import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../support/fake-clock.ts';
import { BEGUN, madeController, madeNode, madePod } from '../names/made-objects.ts';
import { EventBed, madeEvent, STARTED, withContainers } from './event-bed.ts';

const events = 'events';

describe('an Event of the API server', () => {
  it('has the names that flows have for its Pod', () => {
    const bed = new EventBed();
    bed.set('pods', madePod({ owner: { kind: 'StatefulSet', name: 'web' } }));
    bed.set(events, madeEvent({ count: 3 }));
    expect(bed.reported).toEqual([
      {
        timeMs: STARTED,
        identity: 'event-1 3',
        reason: 'BackOff',
        type: 'Warning',
        objectKind: 'Pod',
        objectName: 'web-0',
        message: 'Back-off restarting failed container',
        facts: { count: 3, reporter: 'kubelet' },
        names: {
          sourcePodNamespace: 'shop',
          sourcePodName: 'web-0',
          sourceNodeName: 'node-a',
          sourceWorkloadKind: 'StatefulSet',
          sourceWorkloadName: 'web',
        },
      },
    ]);
  });

  it('about a Pod that is not known has the names in the event, and the node of the kubelet', () => {
    const bed = new EventBed();
    bed.set('nodes', madeNode({ name: 'node-b' }));
    bed.set(events, madeEvent());
    const names = { sourcePodNamespace: 'shop', sourcePodName: 'web-0', sourceNodeName: 'node-b' };
    expect(bed.reported[0]!.names).toEqual(names);
  });

  it('from a node that does not exist has no node', () => {
    const bed = new EventBed();
    bed.set(events, madeEvent());
    expect(bed.reported[0]!.names).toEqual({ sourcePodNamespace: 'shop', sourcePodName: 'web-0' });
  });

  it('of a namespace says nothing of a Node', () => {
    const bed = new EventBed();
    bed.set('nodes', madeNode({ name: 'node-c' }));
    const about = { kind: 'Node', namespace: 'shop', name: 'node-c', uid: 'node-c' };
    bed.set(events, madeEvent({ about, reason: 'NodeNotReady', reporter: 'somebody' }));
    expect(bed.reported[0]!.names).toEqual({ sourcePodNamespace: 'shop' });
  });

  it('that claims the UID of another Pod gets nothing from that Pod', () => {
    const bed = new EventBed();
    bed.set('pods', madePod({ namespace: 'bank', name: 'vault-0', uid: 'uid-vault', node: 'safe' }));
    const about = { kind: 'Pod', namespace: 'shop', name: 'vault-0', uid: 'uid-vault' };
    bed.set(events, madeEvent({ about }));
    expect(bed.reported[0]!.names).toEqual({
      sourcePodNamespace: 'shop',
      sourcePodName: 'vault-0',
    });
  });

  it.each([
    [
      'a ReplicaSet, with the Deployment that made it',
      { kind: 'ReplicaSet', namespace: 'shop', name: 'web-6c9', uid: 'ReplicaSet-web-6c9' },
      { sourcePodNamespace: 'shop', sourceWorkloadKind: 'Deployment', sourceWorkloadName: 'web' },
    ],
    ['a Node', { kind: 'Node', name: 'node-c', uid: 'node-c' }, { sourceNodeName: 'node-c' }],
    [
      'any other object, with its namespace',
      { kind: 'Ingress', namespace: 'shop', name: 'web', uid: 'x' },
      { sourcePodNamespace: 'shop' },
    ],
  ])('is about %s', (_, about, names) => {
    const bed = new EventBed();
    bed.set('replicasets', madeController('ReplicaSet', 'web-6c9', { kind: 'Deployment', name: 'web' }));
    bed.set(events, madeEvent({ about }));
    expect(bed.reported[0]!.names).toEqual(names);
  });

  it.each(['constructor', '__proto__', 'toString'])('is about any kind, also %s', (kind) => {
    const bed = new EventBed();
    const ordinary = (_: unknown, at: number) => madeEvent({ uid: `event-${at}` });
    // Far down a list, nobody catches what is thrown.
    const list = Array.from({ length: 1_500 }, ordinary);
    bed.list(events, ...list, madeEvent({ uid: 'hostile', about: { kind, namespace: 'shop', name: 'x' } }));
    expect(bed.reported).toHaveLength(1_501);
    expect(bed.reported.at(-1)).toMatchObject({ objectKind: kind, names: { sourcePodNamespace: 'shop' } });
  });

  it('is reported once, whether a watch or another list shows it again', () => {
    const bed = new EventBed();
    const event = madeEvent();
    bed.set(events, event, event);
    bed.list(events, event);
    expect(bed.takeReasons()).toEqual(['BackOff']);
    expect(bed.account).toMatchObject({
      received: 3,
      sent: 1,
      dropped: { 'known already': 2 },
      closed: true,
    });
  });

  it('of before the start is not reported when a list shows it, but what a watch shows is new', () => {
    const bed = new EventBed();
    const old = madeEvent({ lastMs: BEGUN });
    bed.list(events, old, madeEvent({ uid: 'event-2', lastMs: STARTED }));
    expect(bed.reported.map(({ identity }) => identity)).toEqual(['event-2 1']);
    // The clock of its writer may be behind.
    bed.set(events, madeEvent({ uid: 'event-3', lastMs: BEGUN }));
    expect(bed.account).toMatchObject({ received: 3, sent: 2, dropped: { 'before the start': 1 } });
  });

  it('that repeats is reported again after ten minutes, with its count', () => {
    const bed = new EventBed();
    for (let count = 1; count <= 30; count++) {
      bed.set(events, madeEvent({ count, lastMs: bed.clock.now() }));
      bed.clock.advance(60_000);
    }
    expect(bed.reported.map(({ facts }) => facts.count ?? 1)).toEqual([1, 11, 21]);
    expect(bed.account).toMatchObject({ received: 30, sent: 3, dropped: { repeated: 27 }, closed: true });
  });

  it.each(['series', 'count'])('that repeats may count in its %s', (where) => {
    const bed = new EventBed();
    const { count: _, ...event } = madeEvent();
    const times = { lastTimestamp: null, eventTime: new Date(STARTED).toISOString() };
    const repeat = { count: 7, lastObservedTime: '2026-01-01T00:03:00.500000Z' };
    bed.set(events, { ...event, ...times, ...(where === 'series' ? { series: repeat } : { count: 7 }) });
    const timeMs = where === 'series' ? BEGUN + 180_500 : STARTED;
    expect(bed.reported).toMatchObject([{ timeMs, facts: { count: 7 } }]);
  });

  it.each([
    ['Pod', 'Started', 'kubelet'],
    ['Node', 'NodeNotReady', 'node-controller'],
    ['Deployment', 'ScalingReplicaSet', 'deployment-controller'],
  ])('of a %s with the reason %s is left out, since the object says it itself', (kind, reason, reporter) => {
    const bed = new EventBed();
    const about = { kind, namespace: 'shop', name: 'x', uid: 'x' };
    bed.set(events, madeEvent({ reason, reporter, about }));
    expect(bed.account).toMatchObject({ sent: 0, dropped: { 'said by its object': 1 } });
    bed.set(events, madeEvent({ reason, reporter: 'my-operator', about }));
    expect(bed.account.sent).toBe(1);
  });

  it('is kept without its content while a list is read, if it is long past or known', () => {
    const bed = new EventBed();
    const keptOf = (event: object) => bed.kept(events, madeEvent({ message: 'x'.repeat(1_000), ...event }));
    expect(keptOf({}).octets).toBeGreaterThan(2_000);
    const settled = { message: '', about: { kind: '', name: '' } };
    const past = keptOf({ lastMs: STARTED - 901_000 });
    expect(past).toMatchObject({ item: settled });
    expect(past.octets).toBeLessThan(400);
    bed.set(events, madeEvent());
    expect(keptOf({}).item).toMatchObject(settled);
    expect(keptOf({ count: 2 }).item).toMatchObject({ count: 2, message: 'x'.repeat(1_000) });
    bed.set(events, madeEvent({ uid: 'past', lastMs: STARTED - 901_000 }));
    expect(bed.account).toMatchObject({ sent: 1, dropped: { 'before the start': 1 } });
  });

  it('with too long a message is cut, and one with nothing in it is refused', () => {
    const bed = new EventBed();
    bed.set(events, madeEvent({ message: 'x'.repeat(100_000) }));
    expect(bed.reported[0]!.message).toHaveLength(1_024);
    expect(() => bed.set(events, { metadata: { uid: 'event-2' } })).toThrow(TypeError);
    expect(() => bed.set(events, { ...madeEvent(), involvedObject: [] })).toThrow(TypeError);
  });
});

it('an Event far in the future does not silence those that come later', () => {
  const bed = new EventBed();
  const farMs = BEGUN + 100 * 365 * 86_400_000;
  for (let i = 0; i < 21_000; i++)
    bed.set('events', madeEvent({ uid: `far-${i}`, namespace: `team-${i % 10}`, lastMs: farMs }));
  bed.clock.advance(60_000);
  const { sent } = bed.account;
  bed.list('events', madeEvent({ uid: 'later', namespace: 'shop', lastMs: bed.clock.now() }));
  expect(bed.account.sent).toBe(sent + 1);
});

it('a clock that was a day ahead at the start silences nothing once it is set', () => {
  const day = 86_400_000;
  const clock = new FakeClock(STARTED + day);
  const bed = new EventBed({ clock });
  clock.set(-day);
  clock.advance(60_000);
  bed.set(events, madeEvent({ lastMs: clock.now() }));
  bed.list(events, madeEvent(), madeEvent({ uid: 'event-2', lastMs: clock.now() }));
  bed.set('pods', withContainers(madePod({}), { startedMs: clock.now() }));
  expect(bed.takeReasons()).toEqual(['BackOff', 'BackOff', 'Started']);
});

describe('events without end', () => {
  it('of one namespace leave room for those of another, and what has no place is counted and said', () => {
    const bed = new EventBed();
    for (let i = 0; i < 20_000; i++) bed.set(events, madeEvent({ uid: `flood-${i}`, namespace: 'noisy' }));
    bed.set(events, madeEvent({ namespace: 'quiet' }));
    expect(bed.account).toMatchObject({ received: 20_001, sent: 5_001, dropped: { 'too many': 15_000 } });
    expect(bed.reported.at(-1)!.names.sourcePodNamespace).toBe('quiet');
    expect(bed.said.join('\n')).toContain('more events than Weir passes on, the last in namespace noisy');
    bed.clock.advance(10_000);
    bed.set(events, madeEvent({ uid: 'event-2', namespace: 'noisy' }));
    expect(bed.account.sent).toBe(5_002);
  });

  it('are remembered up to a number, and a list reports nothing as old as those that were forgotten', () => {
    const bed = new EventBed();
    const made = Array.from({ length: 30_000 }, (_, i) =>
      madeEvent({ uid: `event-${i}`, namespace: `team-${i % 10}`, lastMs: STARTED + i * 10 }),
    );
    bed.clock.advance(300_000);
    bed.set(events, ...made);
    const { sent } = bed.account;
    bed.list(events, ...made);
    expect(bed.account).toMatchObject({ received: 60_000, sent, closed: true });
    expect(bed.account.dropped['before the start']).toBeGreaterThanOrEqual(9_900);
    expect(bed.account.dropped['known already']).toBeGreaterThanOrEqual(19_900);
  });
});
