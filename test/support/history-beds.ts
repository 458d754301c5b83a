import { type FlowSink, noCondition } from '../../src/flow/index.ts';
import {
  HistoryReader,
  type HistorySettings,
  HistorySink,
  HistoryWorkerSink,
} from '../../src/store/index.ts';
import type { ReceivedFlow, SinkBed } from '../sinks/contract.ts';
import { type Parts, parts, receivedOf } from '../sinks/remote-beds.ts';
import { flowsIn } from './kept-history.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

const settingsAt = (directory: string): HistorySettings => ({
  directory,
  maxOctets: 100_000_000,
  maxAgeMs: 86_400_000,
});

export const historyInThisThread = (directory: string, own: Parts): FlowSink =>
  new HistorySink('history', settingsAt(directory), own);
export const historyInItsThread = (directory: string, own: Parts): FlowSink =>
  new HistoryWorkerSink('history', settingsAt(directory), own);

/** A sink that keeps a history, which is read again and again. */
export const keeping =
  (make: (directory: string, own: Parts) => FlowSink, at?: string) => async (): Promise<SinkBed> => {
    const place = new TemporaryDirectory();
    const directory = at ?? place.file('history');
    const own = parts();
    let received: readonly ReceivedFlow[] = [];
    let reading: Promise<void> | undefined;
    const read = async () => {
      try {
        using reader = await HistoryReader.open(directory);
        received = (await flowsIn(reader, { condition: noCondition })).map(receivedOf);
      } catch {
        // There is none before the start.
      }
      reading = undefined;
    };
    return {
      sink: make(directory, own),
      ledger: own.ledger,
      received: () => {
        reading ??= read();
        return received;
      },
      [Symbol.asyncDispose]: async () => {
        await reading;
        place[Symbol.dispose]();
      },
    };
  };
