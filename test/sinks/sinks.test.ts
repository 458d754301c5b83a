import { appendFileSync, readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { RecentFlows } from '../../src/cli/flows-api/index.ts';
import type { FlowSink } from '../../src/flow/index.ts';
import { FlowLogger, flowLoggerOptions, IpfixSink, JsonLines } from '../../src/forward/index.ts';
import type { CollectorAddress } from '../../src/ipfix/index.ts';
import { type FlowLogOptions, FlowLogSink, FlowLogWorkerSink } from '../../src/logs/index.ts';
import { type Clock, defaultsOf, Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { type SpoolableSink, SpoolingSink } from '../../src/sinks/index.ts';
import { FakeLoki } from '../support/fake-loki.ts';
import { ReturningCollector } from '../support/returning-collector.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { TroubledRelay } from '../support/troubled-relay.ts';
import {
  describeRemoteSink,
  describeSink,
  describeSinkOnFullDisk,
  describeTroubledSink,
  type ReceivedFlow,
  type RemoteSinkBed,
  type TroubledSinkBed,
} from './contract.ts';

interface Parts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
}

const parts = (): Parts => ({
  clock: systemClock,
  ledger: new Ledger(),
  log: new Log(systemClock, () => {}),
});

describeSink('a file of JSON lines', async () => {
  const place = new TemporaryDirectory();
  const path = place.file('flows.jsonl');
  appendFileSync(path, '');
  return {
    sink: new JsonLines('lines', path),
    ledger: new Ledger(),
    received: () =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => receivedOf(JSON.parse(line))),
    [Symbol.asyncDispose]: async () => place[Symbol.dispose](),
  };
});

describeSink('a flow logger', async () => {
  const place = new TemporaryDirectory();
  const own = parts();
  const path = place.file('flows.log');
  appendFileSync(path, '');
  const options = { ...defaultsOf(flowLoggerOptions.shape), filters: [], path };
  return {
    sink: new FlowLogger('flowLogger', options, own),
    ledger: own.ledger,
    received: () =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(','))
        .map((cells) => ({
          sourceIP: cells[2]!,
          sourcePodName: cells[7] || undefined,
          flowEndSeconds: Number(cells[1]),
        })),
    [Symbol.asyncDispose]: async () => place[Symbol.dispose](),
  };
});

/** The kernel has no room behind this file, ever. */
const FULL = '/dev/full';

describeSinkOnFullDisk('a file of JSON lines', async () => ({
  sink: new JsonLines('lines', FULL),
  ledger: new Ledger(),
  received: () => [],
  [Symbol.asyncDispose]: async () => {},
}));

describeSinkOnFullDisk('a flow logger', async () => {
  const own = parts();
  const options = { ...defaultsOf(flowLoggerOptions.shape), filters: [], path: FULL };
  return {
    sink: new FlowLogger('flowLogger', options, own),
    ledger: own.ledger,
    received: () => [],
    [Symbol.asyncDispose]: async () => {},
  };
});

describeTroubledSink('JSON lines to a stream', async () => {
  const lines: string[] = [];
  let gate = Promise.withResolvers<void>();
  let failure: Error | undefined;
  let failures = 0;
  gate.resolve();
  // A stream of Node's is destroyed by its first error, and none of its writes fails and succeeds in turns.
  const write = async (text: Uint8Array, done: (error?: Error) => void) => {
    const failed = failure;
    const octets = Buffer.from(text);
    await gate.promise;
    if (failed !== undefined) failures++;
    else lines.push(...octets.toString().split('\n').filter(Boolean));
    done(failed);
  };
  return {
    sink: new JsonLines('lines', { write } as unknown as Writable),
    ledger: new Ledger(),
    received: () => lines.map((line) => receivedOf(JSON.parse(line))),
    receiver: {
      hold: () => {
        gate = Promise.withResolvers();
      },
      release: () => gate.resolve(),
      fail: () => {
        failure = new Error('made to fail');
      },
      get failures() {
        return failures;
      },
      mend: () => {
        failure = undefined;
      },
    },
    [Symbol.asyncDispose]: async () => gate.resolve(),
  };
});

describeSink('the window of recent flows', async () => {
  const { clock, ledger } = parts();
  const sink = new RecentFlows(clock, ledger, { windowMs: 60_000, maxOctets: 1_000_000 });
  const received: ReceivedFlow[] = [];
  const taking: FlowSink = {
    name: sink.name,
    start: () => sink.start(),
    write: (batch) => {
      const row = sink.nextRow;
      sink.write(batch);
      const held = sink.from(row);
      // it is looked at only after the batch that was written has been filled anew
      if (held !== undefined) later.push(() => received.push(...[...held.batch].map(receivedOf)));
    },
    stop: () => sink.stop(),
  };
  const later: (() => void)[] = [];
  return {
    sink: taking,
    ledger,
    received: () => {
      for (const look of later.splice(0)) look();
      return received;
    },
    [Symbol.asyncDispose]: async () => {},
  };
});

const logging =
  (
    make: (options: FlowLogOptions, parts: Parts) => FlowSink,
    options: Partial<FlowLogOptions>,
  ): (() => Promise<RemoteSinkBed & TroubledSinkBed>) =>
  async () => {
    const loki = await new FakeLoki().start();
    if (options.server === 'victoriaLogs') loki.server = 'victoriaLogs';
    const { port, url } = loki;
    const own = parts();
    return {
      sink: make({ url, batchAgeMs: 10, ...options }, own),
      ledger: own.ledger,
      received: () => flowsIn(loki),
      receiver: Object.assign(troubles(loki), {
        leave: () => loki.stop(),
        comeBack: async () => void (await loki.start(port)),
      }),
      [Symbol.asyncDispose]: () => loki[Symbol.asyncDispose](),
    };
  };

function troubles(loki: FakeLoki): TroubledSinkBed['receiver'] {
  let { promise: gate, resolve: release } = Promise.withResolvers<void>();
  const stored = { status: 204 };
  let failures = 0;
  return {
    hold: () => {
      ({ promise: gate, resolve: release } = Promise.withResolvers<void>());
      loki.answer = () => gate.then(() => stored);
    },
    release: () => {
      release();
      loki.answer = () => stored;
    },
    fail: () => {
      loki.answer = () => {
        failures++;
        return { status: 500 };
      };
    },
    get failures() {
      return failures;
    },
    mend: () => {
      loki.answer = () => stored;
    },
  };
}

const inThisThread = (options: FlowLogOptions, own: Parts) => new FlowLogSink('logs', options, own);
const inItsThread = (options: FlowLogOptions, own: Parts) => new FlowLogWorkerSink('logs', options, own);

describeRemoteSink('lines to Loki as protobuf', logging(inThisThread, {}));
describeRemoteSink('lines to Loki as JSON', logging(inThisThread, { encoding: 'json' }));
describeRemoteSink('lines to VictoriaLogs', logging(inThisThread, { server: 'victoriaLogs' }));
describeRemoteSink('lines to Loki from a thread of its own', logging(inItsThread, {}));
describeTroubledSink('lines to Loki', logging(inThisThread, {}));
describeTroubledSink('lines to VictoriaLogs', logging(inThisThread, { server: 'victoriaLogs' }));
describeTroubledSink('lines to Loki from a thread of its own', logging(inItsThread, {}));

type Wrap = (sink: SpoolableSink, place: TemporaryDirectory, parts: Parts) => FlowSink;

const plainly: Wrap = (sink) => sink;
const withSpool: Wrap = (sink, place, own) =>
  new SpoolingSink(sink, { directory: place.file('spool'), maxOctets: 10_000_000 }, own);

async function toCollector(wrap: Wrap, collector: ReturningCollector, address: CollectorAddress) {
  const place = new TemporaryDirectory();
  const own = parts();
  const sink = new IpfixSink('collector', {
    address,
    observationDomainId: 1,
    flushIntervalMs: 10,
    reconnectMs: { least: 50, greatest: 100 },
    ...own,
  });
  return {
    sink: wrap(sink, place, own),
    ledger: own.ledger,
    received: () => collector.received.map(receivedOf),
    [Symbol.asyncDispose]: async () => {
      await collector[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    },
  };
}

const toReturningCollector = (wrap: Wrap) => async (): Promise<RemoteSinkBed> => {
  const receiver = await ReturningCollector.start();
  return { ...(await toCollector(wrap, receiver, receiver.address)), receiver };
};

const toTroubledCollector = (wrap: Wrap) => async (): Promise<TroubledSinkBed> => {
  const collector = await ReturningCollector.start();
  const receiver = await TroubledRelay.start(() => collector.address);
  const bed = await toCollector(wrap, collector, receiver.address);
  return {
    ...bed,
    receiver,
    [Symbol.asyncDispose]: async () => {
      await receiver[Symbol.asyncDispose]();
      await bed[Symbol.asyncDispose]();
    },
  };
};

describeRemoteSink('IPFIX to a collector', toReturningCollector(plainly));
describeRemoteSink('IPFIX with a spool', toReturningCollector(withSpool));
describeTroubledSink('IPFIX to a collector', toTroubledCollector(plainly));
describeTroubledSink('IPFIX with a spool', toTroubledCollector(withSpool));

function receivedOf(record: {
  readonly sourceIP?: string;
  readonly sourcePodName?: string;
  readonly flowEndMilliseconds?: number | string;
}): ReceivedFlow {
  const { sourceIP, sourcePodName, flowEndMilliseconds } = record;
  const flowEndSeconds = Math.floor(new Date(flowEndMilliseconds!).getTime() / 1_000);
  return { sourceIP: sourceIP!, sourcePodName, flowEndSeconds };
}

const flowsIn = ({ pushes }: FakeLoki): ReceivedFlow[] =>
  pushes.flatMap(({ streams }) =>
    streams.flatMap(({ values }) =>
      values.map(([timeNs, line, metadata]) => ({
        sourceIP: line.split(' ')[0]!,
        sourcePodName: metadata?.sourcePodName,
        flowEndSeconds: Math.floor(Number(timeNs) / 1e9),
      })),
    ),
  );
