import { describe, expect, it } from 'vitest';
import { FanOut, type SinkOptions } from '../../src/aggregator/index.ts';
import {
  batchOf,
  type FlowBatch,
  FlowFilter,
  type FlowRecord,
  type FlowSink,
  parseCondition,
} from '../../src/flow/index.ts';
import { Ledger, Log, type LogEntry } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

const records = (count: number): FlowBatch =>
  batchOf(
    Array.from({ length: count }, (_, n) => ({
      sourceIP: '10.0.0.1',
      destinationIP: '10.0.0.2',
      sourceTransportPort: n,
      destinationTransportPort: n % 2 === 0 ? 80 : 443,
      protocolIdentifier: 6,
    })),
  );

/** A sink that keeps what it is given; `write` may be replaced. */
class Keeper implements FlowSink {
  readonly name: string;
  readonly records: FlowRecord[] = [];
  readonly calls: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  async start(): Promise<void> {
    this.calls.push('start');
  }

  write(batch: FlowBatch): Promise<void> | void {
    this.records.push(...batch);
  }

  async stop(): Promise<void> {
    this.calls.push('stop');
  }
}

/** Takes a batch only when it is told to. */
class Slow extends Keeper {
  readonly #waiting: (() => void)[] = [];

  override async write(batch: FlowBatch): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    super.write(batch);
  }

  async release(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#waiting.shift()!();
      await turn();
    }
  }
}

class Failing extends Keeper {
  override async write(): Promise<void> {
    throw new Error('connection refused');
  }
}

const turn = () => new Promise(setImmediate);

function fanOutOf(...sinks: SinkOptions[]) {
  const clock = new FakeClock();
  const ledger = new Ledger();
  const lines: string[] = [];
  const log = new Log(clock, (line) => lines.push(line));
  return { clock, ledger, lines, log, fanOut: new FanOut(clock, ledger, log, sinks) };
}

describe('FanOut', () => {
  it('reports the queue of each sink, its limit, and whether its last write succeeded', async () => {
    const [slow, failing] = [new Slow('slow'), new Failing('failing')];
    const { fanOut } = fanOutOf({ sink: slow, queueRecords: 200 }, { sink: failing });
    await fanOut.start();
    for (let n = 0; n < 3; n++) fanOut.write(records(50));
    await turn();
    expect(fanOut.readings).toEqual([
      { name: 'slow', queueRecords: 100, queueLimit: 200, isUp: true },
      { name: 'failing', queueRecords: 0, queueLimit: 65_536, isUp: false },
    ]);
    await slow.release();
    await fanOut.stop(100);
  });

  it('returns a batch for reuse when no sink needs it', async () => {
    const [slow, quick, choosy] = [new Slow('slow'), new Keeper('quick'), new Keeper('choosy')];
    const filter = new FlowFilter(parseCondition('port=80'));
    const { fanOut } = fanOutOf({ sink: slow }, { sink: quick }, { sink: choosy, filter });
    await fanOut.start();
    const batch = records(50);
    fanOut.write(batch);
    await turn();
    expect([quick.records.length, choosy.records.length]).toEqual([50, 25]);
    expect(fanOut.spare()).toBeUndefined();
    await slow.release();
    expect(fanOut.spare()).toBe(batch);
    expect(fanOut.spare()).toBeUndefined();
    await fanOut.stop(100);
  });

  it('returns all batches that have waited for a slow sink, as many as usually wait', async () => {
    const slow = new Slow('slow');
    const { fanOut } = fanOutOf({ sink: slow });
    const most = 64;
    const batches = Array.from({ length: most + 2 }, () => records(50));
    for (const batch of batches) fanOut.write(batch);
    await turn();
    await slow.release();
    const spare = new Set(Array.from({ length: batches.length }, () => fanOut.spare()));
    expect(spare).toEqual(new Set([...batches.slice(0, most), undefined]));
    await fanOut.stop(100);
  });

  it('returns a batch that no sink takes', async () => {
    const { fanOut } = fanOutOf(
      { sink: new Slow('full'), queueRecords: 10 },
      { sink: new Slow('fuller'), queueRecords: 10 },
    );
    fanOut.write(records(50));
    fanOut.write(records(50));
    const batch = records(50);
    fanOut.write(batch);
    expect(fanOut.spare()).toBe(batch);
  });

  it('logs the losses of a sink under its name', async () => {
    const { fanOut, log } = fanOutOf({ sink: new Failing('failing') });
    const entries: LogEntry[] = [];
    log.listen((entry) => entries.push(entry));
    await fanOut.start();
    fanOut.write(records(50));
    await turn();
    expect(entries).toMatchObject([
      {
        level: 'warn',
        component: 'failing',
        text: '50 records lost: connection refused',
        fields: { kind: 'sink failed', sink: 'failing', lostRecords: 50 },
      },
    ]);
    await fanOut.stop(100);
  });

  it('isolates a good sink from a slow one and a failing one', async () => {
    const [good, slow, failing] = [new Keeper('good'), new Slow('slow'), new Failing('failing')];
    const { fanOut, ledger, lines } = fanOutOf(
      { sink: good },
      { sink: slow, queueRecords: 200 },
      { sink: failing },
    );
    await fanOut.start();
    for (let n = 0; n < 10; n++) {
      fanOut.write(records(100));
      await turn();
    }
    expect(good.records).toHaveLength(1_000);
    expect(ledger.isClosed).toBe(true);
    expect(ledger.toJSON()).toMatchObject([
      { name: 'sink good', received: 1_000, sent: 1_000, dropped: {}, held: 0 },
      { name: 'sink slow', received: 1_000, sent: 0, dropped: { 'queue full': 700 }, held: 300 },
      { name: 'sink failing', received: 1_000, sent: 0, dropped: { 'sink failed': 1_000 }, held: 0 },
    ]);
    await slow.release();
    expect(slow.records).toHaveLength(300);
    expect(ledger.toJSON()[1]).toMatchObject({ sent: 300, dropped: { 'queue full': 700 }, held: 0 });
    expect(lines.filter((line) => line.includes('connection refused'))).toHaveLength(5);
    await fanOut.stop(1_000);
    expect(ledger.isClosed).toBe(true);
  });

  it('hands a sink one batch at a time', async () => {
    const slow = new Slow('slow');
    const { fanOut } = fanOutOf({ sink: slow });
    fanOut.write(records(1));
    fanOut.write(records(2));
    await turn();
    expect(slow.records).toHaveLength(0);
    await slow.release();
    expect(slow.records).toHaveLength(3);
  });

  it('hands a sink only the records that pass its filter, in order', async () => {
    const [web, none] = [new Keeper('web'), new Keeper('none')];
    const { fanOut, ledger } = fanOutOf(
      { sink: web, filter: new FlowFilter(parseCondition('port=443')) },
      { sink: none, filter: new FlowFilter(parseCondition('proto=udp')) },
    );
    fanOut.write(records(5));
    await turn();
    expect(web.records).toMatchObject([{ sourceTransportPort: 1 }, { sourceTransportPort: 3 }]);
    expect(none.records).toEqual([]);
    expect(ledger.toJSON()).toMatchObject([
      { received: 2, sent: 2, events: { 'filtered out': 3 } },
      { received: 0, sent: 0, events: { 'filtered out': 5 } },
    ]);
  });

  it('gives the same batch to all sinks that have no filter', async () => {
    const batches: FlowBatch[] = [];
    const sink = (name: string): FlowSink =>
      Object.assign(new Keeper(name), { write: (batch: FlowBatch) => void batches.push(batch) });
    const { fanOut } = fanOutOf({ sink: sink('one') }, { sink: sink('two') });
    fanOut.write(records(1));
    await turn();
    expect(batches[0]).toBe(batches[1]);
  });

  it('accepts batches again when the queues are half empty', async () => {
    const slow = new Slow('slow');
    const { fanOut } = fanOutOf({ sink: slow, queueRecords: 200 });
    for (let n = 0; n < 3; n++) fanOut.write(records(100));
    let isRoomy = false;
    const waiting = fanOut.room().then(() => {
      isRoomy = true;
    });
    await turn();
    expect(isRoomy).toBe(false);
    await slow.release();
    await waiting;
    await fanOut.room();
  });

  it('has no room while the queue of an awaited sink is full, for five seconds at most', async () => {
    const slow = Object.assign(new Slow('slow'), { isAwaited: true });
    const { fanOut, clock } = fanOutOf(
      { sink: slow, queueRecords: 200 },
      { sink: new Slow('other'), queueRecords: 50 },
    );
    expect(fanOut.hasRoomFor(5_000)).toBe(true);
    for (let n = 0; n < 3; n++) fanOut.write(records(100));
    expect(fanOut.hasRoomFor(100)).toBe(false);
    clock.advance(4_000);
    await slow.release();
    expect(fanOut.hasRoomFor(100)).toBe(true);
    for (let n = 0; n < 3; n++) fanOut.write(records(100));
    clock.advance(4_999);
    expect(fanOut.hasRoomFor(100)).toBe(false);
    clock.advance(2);
    expect(fanOut.hasRoomFor(100)).toBe(true);
  });

  it('lets sinks take their waiting batches when it stops', async () => {
    const keeper = new Keeper('keeper');
    const { fanOut, ledger } = fanOutOf({ sink: keeper });
    await fanOut.start();
    for (let n = 0; n < 5; n++) fanOut.write(records(10));
    await fanOut.stop(1_000);
    expect(keeper.records).toHaveLength(50);
    expect(keeper.calls).toEqual(['start', 'stop']);
    fanOut.write(records(3));
    expect(ledger.toJSON()).toMatchObject([{ received: 53, sent: 50, dropped: { stopped: 3 } }]);
    expect(ledger.isClosed).toBe(true);
  });

  it('counts the records that a sink has not taken at the deadline', async () => {
    const slow = new Slow('slow');
    const { fanOut, ledger, clock } = fanOutOf({ sink: slow });
    await fanOut.start();
    fanOut.write(records(10));
    fanOut.write(records(20));
    const stopping = fanOut.stop(5_000);
    await turn();
    clock.advance(5_000);
    await stopping;
    await slow.release();
    expect(ledger.toJSON()).toMatchObject([
      { received: 30, sent: 0, dropped: { 'not delivered in time': 30 } },
    ]);
    expect(ledger.isClosed).toBe(true);
  });

  it('starts no other sink once it stops, also not in the place of one that is slow to stop', async () => {
    const stopping = Promise.withResolvers<void>();
    const slow = new Keeper('a');
    slow.stop = () => stopping.promise;
    const { clock, fanOut } = fanOutOf({ sink: slow });
    await fanOut.start();
    const late = new Keeper('a');
    const replaced = fanOut.replace('a', [() => ({ sink: late })], 10_000);
    const stopped = fanOut.stop(1_000);
    clock.advance(1_000);
    await turn();
    stopping.resolve();
    await stopped;
    expect(await replaced).toBe('the process stops');
    const more = new Keeper('b');
    await expect(fanOut.add(() => ({ sink: more }))).rejects.toThrow('the process stops');
    expect([late.calls, more.calls]).toEqual([[], []]);
  });

  it('stops the started sinks when one fails to start', async () => {
    const good = new Keeper('good');
    const bad = Object.assign(new Keeper('bad'), { start: () => Promise.reject(new Error('no such host')) });
    const { fanOut } = fanOutOf({ sink: good }, { sink: bad });
    await expect(fanOut.start()).rejects.toThrow('no such host');
    expect(good.calls).toEqual(['start', 'stop']);
  });
});
