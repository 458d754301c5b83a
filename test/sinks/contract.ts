import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FanOut } from '../../src/aggregator/index.ts';
import { batchOf, Dictionary, type FlowBatch, type FlowRecord, type FlowSink } from '../../src/flow/index.ts';
import { type Account, formatLedger, type Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { OwnDisk } from '../support/own-disk.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';

/** What a receiver has of a flow. A format that lacks one of these leaves it out. */
export interface ReceivedFlow {
  readonly sourceIP: string;
  readonly sourcePodName?: string | undefined;
  /** Whole seconds. */
  readonly flowEndSeconds?: number | undefined;
}

/** A sink with its receiver. */
export interface SinkBed extends AsyncDisposable {
  readonly sink: FlowSink;
  readonly ledger: Ledger;
  received(): readonly ReceivedFlow[];
}

/** A sink whose receiver may go away, and come back. */
export interface RemoteSinkBed extends SinkBed {
  readonly receiver: { leave(): Promise<void>; comeBack(): Promise<void> };
}

interface Receiver {
  /** Takes nothing until it is released. */
  hold(): void;
  release(): void;
  /** Refuses all until it is mended. */
  fail(): void;
  mend(): void;
  /** How often it has refused something. */
  readonly failures: number;
}

/** A sink whose receiver may take nothing for a time, or fail. */
export interface TroubledSinkBed extends SinkBed {
  readonly receiver: Receiver;
}

/** What any sink promises, whatever it writes to. */
export function describeSink(name: string, make: () => Promise<SinkBed>): void {
  describe(`${name}, as any sink,`, () => {
    it('does nothing before its start, and can still be stopped', async () => {
      await using bed = await make();
      await bed.sink.stop(1_000);
      expect(bed.received()).toEqual([]);
      expectClosedBooks(bed);
    });

    it('delivers each flow once, with its names and times, even if batches are reused', async () => {
      await using bed = await make();
      await bed.sink.start();
      const flows = Array.from({ length: 90 }, (_, number) => flowOf(number));
      for (let from = 0; from < flows.length; from += 30) {
        const batch = batchOf(flows.slice(from, from + 30), new Dictionary());
        await hand(bed, batch);
        spoil(batch);
      }
      await until('all flows, or the stop', () => bed.received().length === flows.length, {
        timeoutMs: 5_000,
      }).catch(() => {});
      await bed.sink.stop(60_000);
      await until('all flows', () => bed.received().length >= flows.length);
      const inOrder = [...bed.received()].sort((one, other) => one.sourceIP.localeCompare(other.sourceIP));
      const expected = flows.map(expectedOf).sort((one, other) => one.sourceIP.localeCompare(other.sourceIP));
      expect(inOrder).toEqual(expected.map((flow, i) => pick(flow, inOrder[i]!)));
      expectClosedBooks(bed);
      const used = bed.ledger.accounts.filter(({ received }) => received > 0);
      expect(used.map(({ sent }) => sent)).toEqual(used.map(() => flows.length));
    });

    it('can be stopped twice, and accepts nothing afterwards', async () => {
      await using bed = await make();
      await bed.sink.start();
      await until('its receiver', () => bed.sink.isUp !== false);
      await hand(bed, batchOf([flowOf(1)]));
      await Promise.all([bed.sink.stop(60_000), bed.sink.stop(60_000)]);
      await bed.sink.stop(60_000);
      await until('the flow', () => bed.received().length === 1);
      await tryToWrite(bed, 2);
      expect(bed.received()).toHaveLength(1);
      expectClosedBooks(bed);
    });
  });
}

/** What a sink promises besides that whose receiver may be away. */
export function describeRemoteSink(name: string, make: () => Promise<RemoteSinkBed>): void {
  describeSink(name, make);
  describe(`${name}, as a sink whose receiver may be away,`, () => {
    it('stops near its deadline while its receiver is away, and its account closes', async () => {
      await using bed = await make();
      await bed.sink.start();
      await bed.receiver.leave();
      await tryToWrite(bed, 1);
      const start = performance.now();
      await bed.sink.stop(1_500);
      expect(performance.now() - start).toBeLessThan(15_000);
      expectClosedBooks(bed);
    });

    it('continues when its receiver is back, and every flow has arrived or is counted', async () => {
      await using bed = await make();
      await bed.sink.start();
      await hand(bed, batchOf([flowOf(0)]));
      await until('the first flow', () => bed.received().length === 1);
      await bed.receiver.leave();
      let written = 1;
      for (; written < 40; written++) await tryToWrite(bed, written);
      await bed.receiver.comeBack();
      await until('a flow that was written after the receiver had left', async () => {
        await tryToWrite(bed, written++);
        return bed.received().length > 1;
      });
      await until('nothing is held any more', () => bed.ledger.accounts.every(({ held }) => held === 0));
      expectClosedBooks(bed);
      await bed.sink.stop(60_000);
      expectClosedBooks(bed);
    });
  });
}

/**
 * What a sink promises besides whose receiver may be in trouble. Records go through the queue of the sink.
 */
export function describeTroubledSink(name: string, make: () => Promise<TroubledSinkBed>): void {
  describe(`${name}, as a sink whose receiver may be in trouble,`, () => {
    it('counts every flow lost to a slow receiver', async () => {
      await using bed = await make();
      const queue = queueBefore(bed);
      await queue.start();
      await until('its receiver', () => bed.sink.isUp !== false);
      bed.receiver.hold();
      for (let batch = 0; batch < 40; batch++) {
        queue.write(batchOf(Array.from({ length: 30 }, (_, row) => flowOf(batch * 30 + row))));
      }
      await until('records on their way', () => bed.ledger.accounts.some(({ received }) => received > 0));
      expectClosedBooks(bed);
      bed.receiver.release();
      await until('nothing is held', () => areEmpty(bed));
      await queue.stop(60_000);
      expectClosedBooks(bed);
      const arriving = 1_200 - droppedIn(bed);
      expect(arriving).toBeGreaterThan(0);
      await until('all others', () => bed.received().length >= arriving);
      const addresses = bed.received().map(({ sourceIP }) => sourceIP);
      expect([addresses.length, new Set(addresses).size]).toEqual([arriving, arriving]);
    });

    it('continues after its receiver fails, and counts the lost flows', async () => {
      await using bed = await make();
      const queue = queueBefore(bed);
      await queue.start();
      await until('its receiver', () => bed.sink.isUp !== false);
      bed.receiver.fail();
      let written = 0;
      for (; written < 40; written++) queue.write(batchOf([flowOf(written)]));
      await until('a failure', () => bed.receiver.failures > 0);
      bed.receiver.mend();
      await until('a flow that is written afterwards', () => {
        queue.write(batchOf([flowOf(written++)]));
        const addresses = new Set(bed.received().map(({ sourceIP }) => sourceIP));
        return Array.from({ length: written - 40 }, (_, more) => flowOf(40 + more)).some(({ sourceIP }) =>
          addresses.has(sourceIP!),
        );
      });
      await until('nothing is held', () => areEmpty(bed));
      await queue.stop(60_000);
      expectClosedBooks(bed);
      const unconfirmed = eventsIn(bed, 'unconfirmed');
      const told = () =>
        new Set(bed.received().map(({ sourceIP }) => sourceIP)).size + droppedIn(bed) + unconfirmed;
      await until('every flow, or a count of it', () => told() >= written);
    });

    it('stops near its deadline even if its receiver accepts nothing, and its account closes', async () => {
      await using bed = await make();
      const queue = queueBefore(bed);
      await queue.start();
      await until('its receiver', () => bed.sink.isUp !== false);
      bed.receiver.hold();
      for (let number = 0; number < 40; number++) queue.write(batchOf([flowOf(number)]));
      const start = performance.now();
      await queue.stop(1_000);
      expect(performance.now() - start).toBeLessThan(20_000);
      expectClosedBooks(bed);
      bed.receiver.release();
    });
  });
}

/** What a sink promises whose file is on a disk without room: the kernel refuses each of its writes. */
export function describeSinkOnFullDisk(name: string, make: () => Promise<SinkBed>): void {
  it(`${name} counts flows that a full disk refuses as lost, and stops`, async () => {
    await using bed = await make();
    const queue = queueBefore(bed);
    await queue.start();
    for (let number = 0; number < 5; number++) queue.write(batchOf([flowOf(number)]));
    await until('all are counted', () => droppedIn(bed) >= 5);
    expect(queue.readings[0]).toMatchObject({ isUp: false });
    await queue.stop(60_000);
    expectClosedBooks(bed);
    expect(bed.ledger.accounts.map(({ sent }) => sent)).toEqual(bed.ledger.accounts.map(() => 0));
  });
}

/** What a sink promises whose spool is on a disk that another fills, until there is room again. */
export function describeSpooledSinkOnFullDisk(
  name: string,
  make: (spoolDirectory: string) => Promise<RemoteSinkBed>,
): void {
  it(`${name} reports a full disk, spools again once there is room, and accounts for every flow`, async () => {
    await using disk = await OwnDisk.start('1m');
    const spool = disk.file('spool');
    await using bed = await make(spool);
    const queue = queueBefore(bed);
    await queue.start();
    await until('its receiver', () => bed.sink.isUp !== false);
    await bed.receiver.leave();
    disk.fill();
    let written = 0;
    const writeMore = () => {
      queue.write(batchOf(Array.from({ length: 30 }, () => flowOf(written++))));
    };
    await until('the spool is refused', () => {
      writeMore();
      return eventsIn(bed, 'spool not written') > 0;
    });
    expect(octetsOfSpool(spool)).toBe(0);
    expectClosedBooks(bed);
    disk.makeRoom();
    await until('the spool is written', () => {
      writeMore();
      return octetsOfSpool(spool) > 0;
    });
    expectClosedBooks(bed);
    await bed.receiver.comeBack();
    await until('nothing is held', () => areEmpty(bed));
    await queue.stop(60_000);
    expectClosedBooks(bed);
    expect(octetsOfSpool(spool)).toBe(0);
    const arrived = () => new Set(bed.received().map(({ sourceIP }) => sourceIP)).size;
    const told = () => arrived() + droppedIn(bed) + eventsIn(bed, 'unconfirmed');
    await until('every flow, or a count of it', () => told() >= written);
    expect(arrived()).toBeGreaterThan(0);
  });
}

const octetsOfSpool = (directory: string): number =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.segment'))
    .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);

const eventsIn = ({ ledger }: SinkBed, event: string): number =>
  ledger.accounts.reduce((sum, { events }) => sum + (events.get(event) ?? 0), 0);

/** The queue that the aggregator has before each sink, with room for a part of what the tests write. */
const queueBefore = ({ ledger, sink }: SinkBed): FanOut =>
  new FanOut(systemClock, ledger, new Log(systemClock, () => {}), [{ sink, queueRecords: 900 }]);

const areEmpty = ({ ledger }: SinkBed): boolean => ledger.accounts.every(({ held }) => held === 0);

const droppedIn = ({ ledger }: SinkBed): number =>
  ledger.accounts.reduce((sum, { totalDropped }) => sum + totalDropped, 0);

/** A sink may refuse a batch, which is then lost as a whole. */
async function tryToWrite(bed: SinkBed, number: number): Promise<void> {
  await hand(bed, batchOf([flowOf(number)])).catch(() => {});
}

const handed = new WeakMap<Ledger, Account>();

/** Hands a batch to a sink, and counts it as whoever hands on batches does. */
async function hand({ ledger, sink }: SinkBed, batch: FlowBatch): Promise<void> {
  const account = handed.get(ledger) ?? ledger.open('handed on', 'records');
  handed.set(ledger, account);
  const records = batch.length;
  account.received += records;
  try {
    await sink.write(batch);
    account.sent += records;
  } catch (error) {
    account.drop('sink failed', records);
    throw error;
  }
}

const flowOf = (number: number): FlowRecord => ({
  ...numberedFlow(number),
  octetTotalCount: number,
  flowEndMilliseconds: Math.floor(Date.now() / 1_000) * 1_000 - number * 1_000,
});

const expectedOf = ({ sourceIP, sourcePodName, flowEndMilliseconds }: FlowRecord): ReceivedFlow => ({
  sourceIP: sourceIP!,
  sourcePodName,
  flowEndSeconds: Math.floor(flowEndMilliseconds! / 1_000),
});

/** Of what is expected, the keys that the receiver has. */
const pick = (flow: ReceivedFlow, keys: ReceivedFlow): ReceivedFlow =>
  Object.fromEntries(Object.keys(keys).map((key) => [key, flow[key as keyof ReceivedFlow]])) as never;

/** What happens to a batch that is filled anew. */
function spoil(batch: FlowBatch): void {
  for (const name of batch.layout.fields) batch.columns[name].fill(0);
  batch.length = 0;
}

function expectClosedBooks({ ledger }: SinkBed): void {
  const statement = formatLedger(ledger.toJSON());
  for (const account of ledger.accounts) expect(account.difference, statement).toBe(0);
}
