import { describe, expect, it } from 'vitest';
import { batchOf, Dictionary, type FlowBatch, type FlowRecord, type FlowSink } from '../../src/flow/index.ts';
import { formatLedger, type Ledger } from '../../src/runtime/index.ts';
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

/** What any sink promises, whatever it writes to. */
export function describeSink(name: string, make: () => Promise<SinkBed>): void {
  describe(`${name}, as any sink,`, () => {
    it('does nothing before it is started, and can be stopped all the same', async () => {
      await using bed = await make();
      await bed.sink.stop(1_000);
      expect(bed.received()).toEqual([]);
      expectClosedBooks(bed);
    });

    it('hands on each flow once, with its names and times, though batches are filled anew', async () => {
      await using bed = await make();
      await bed.sink.start();
      const flows = Array.from({ length: 90 }, (_, number) => flowOf(number));
      for (let from = 0; from < flows.length; from += 30) {
        const batch = batchOf(flows.slice(from, from + 30), new Dictionary());
        await bed.sink.write(batch);
        spoil(batch);
      }
      await until('all flows, or the stop', () => bed.received().length === flows.length, {
        timeoutMs: 5_000,
      }).catch(() => {});
      await bed.sink.stop(10_000);
      await until('all flows', () => bed.received().length >= flows.length);
      const inOrder = [...bed.received()].sort((one, other) => one.sourceIP.localeCompare(other.sourceIP));
      const expected = flows.map(expectedOf).sort((one, other) => one.sourceIP.localeCompare(other.sourceIP));
      expect(inOrder).toEqual(expected.map((flow, i) => pick(flow, inOrder[i]!)));
      expectClosedBooks(bed);
    });

    it('can be stopped twice, and takes nothing afterwards', async () => {
      await using bed = await make();
      await bed.sink.start();
      await until('its receiver', () => bed.sink.isUp !== false);
      await bed.sink.write(batchOf([flowOf(1)]));
      await Promise.all([bed.sink.stop(5_000), bed.sink.stop(5_000)]);
      await bed.sink.stop(5_000);
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
    it('stops near its deadline while its receiver is away, and its books close', async () => {
      await using bed = await make();
      await bed.sink.start();
      await bed.receiver.leave();
      await tryToWrite(bed, 1);
      const start = performance.now();
      await bed.sink.stop(1_500);
      expect(performance.now() - start).toBeLessThan(15_000);
      expectClosedBooks(bed);
    });

    it('goes on when its receiver is back, and every flow has arrived or is counted', async () => {
      await using bed = await make();
      await bed.sink.start();
      await bed.sink.write(batchOf([flowOf(0)]));
      await until('the first flow', () => bed.received().length === 1);
      await bed.receiver.leave();
      let written = 1;
      for (; written < 40; written++) await tryToWrite(bed, written);
      await bed.receiver.comeBack();
      await until(
        'a flow that was written after the receiver had left',
        async () => {
          await tryToWrite(bed, written++);
          return bed.received().length > 1;
        },
        { timeoutMs: 30_000 },
      );
      await until('nothing is held any more', () => bed.ledger.accounts.every(({ held }) => held === 0));
      expectClosedBooks(bed);
      await bed.sink.stop(20_000);
      expectClosedBooks(bed);
    });
  });
}

/** A sink may refuse a batch, which is then lost as a whole. */
async function tryToWrite({ sink }: SinkBed, number: number): Promise<void> {
  try {
    await sink.write(batchOf([flowOf(number)]));
  } catch {
    // whoever hands batches on counts it
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
