import type { FlowSink } from '../../src/flow/index.ts';
import { IpfixSink } from '../../src/forward/index.ts';
import type { CollectorAddress } from '../../src/ipfix/index.ts';
import { type FlowLogOptions, FlowLogSink, FlowLogWorkerSink } from '../../src/logs/index.ts';
import { type Clock, Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { type SpoolableSink, SpoolingSink } from '../../src/sinks/index.ts';
import { FakeLoki } from '../support/fake-loki.ts';
import { ReturningCollector } from '../support/returning-collector.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { TroubledRelay } from '../support/troubled-relay.ts';
import type { ReceivedFlow, RemoteSinkBed, TroubledSinkBed } from './contract.ts';

export interface Parts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
}

export const parts = (): Parts => ({
  clock: systemClock,
  ledger: new Ledger(),
  log: new Log(systemClock, () => {}),
});

export const logging =
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

export const inThisThread = (options: FlowLogOptions, own: Parts) => new FlowLogSink('logs', options, own);
export const inItsThread = (options: FlowLogOptions, own: Parts) =>
  new FlowLogWorkerSink('logs', options, own);

type Wrap = (sink: SpoolableSink, place: TemporaryDirectory, parts: Parts) => FlowSink;

export const plainly: Wrap = (sink) => sink;
export const withSpool: Wrap = (sink, place, own) => spooledAt(place.file('spool'))(sink, place, own);
export const spooledAt =
  (directory: string): Wrap =>
  (sink, _, own) =>
    new SpoolingSink(sink, { directory, maxOctets: 10_000_000 }, own);

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

export const toReturningCollector = (wrap: Wrap) => async (): Promise<RemoteSinkBed> => {
  const receiver = await ReturningCollector.start();
  return { ...(await toCollector(wrap, receiver, receiver.address)), receiver };
};

export const toTroubledCollector = (wrap: Wrap) => async (): Promise<TroubledSinkBed> => {
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

export function receivedOf(record: {
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
