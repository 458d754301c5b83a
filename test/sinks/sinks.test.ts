import { appendFileSync, readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { RecentFlows } from '../../src/api/index.ts';
import type { FlowSink } from '../../src/flow/index.ts';
import { FlowLogger, flowLoggerOptions, JsonLines } from '../../src/forward/index.ts';
import { defaultsOf, Ledger } from '../../src/runtime/index.ts';
import { historyInItsThread, historyInThisThread, keeping } from '../support/history-beds.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import {
  describeRemoteSink,
  describeSink,
  describeSinkOnFullDisk,
  describeTroubledSink,
  type ReceivedFlow,
} from './contract.ts';
import {
  inItsThread,
  inThisThread,
  logging,
  parts,
  plainly,
  receivedOf,
  toReturningCollector,
  toTroubledCollector,
  withSpool,
} from './remote-beds.ts';

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

describeSink('a flow history', keeping(historyInThisThread));
describeSink('a flow history in a thread of its own', keeping(historyInItsThread));

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

describeRemoteSink('lines to Loki as protobuf', logging(inThisThread, {}));
describeRemoteSink('lines to Loki as JSON', logging(inThisThread, { encoding: 'json' }));
describeRemoteSink('lines to VictoriaLogs', logging(inThisThread, { server: 'victoriaLogs' }));
describeRemoteSink('lines to Loki from a thread of its own', logging(inItsThread, {}));
describeTroubledSink('lines to Loki', logging(inThisThread, {}));
describeTroubledSink('lines to VictoriaLogs', logging(inThisThread, { server: 'victoriaLogs' }));
describeTroubledSink('lines to Loki from a thread of its own', logging(inItsThread, {}));

describeRemoteSink('IPFIX to a collector', toReturningCollector(plainly));
describeRemoteSink('IPFIX with a spool', toReturningCollector(withSpool));
describeTroubledSink('IPFIX to a collector', toTroubledCollector(plainly));
describeTroubledSink('IPFIX with a spool', toTroubledCollector(withSpool));
