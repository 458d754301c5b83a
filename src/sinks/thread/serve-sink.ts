import { parentPort, workerData } from 'node:worker_threads';
import type { FlowSink } from '../../flow/index.ts';
import { type Account, type Clock, Ledger, Log, systemClock, WeirError } from '../../runtime/index.ts';
import type { FromWorker, SinkWorkerState, ToWorker } from './messages.ts';
import { ReceivedBatches } from './sent-batches.ts';

const STATUS_MS = 250;

/** What a thread, or a process, gives to its sinks. */
export interface SinkParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
}

/** A sink with one account of what it received and sent. */
export interface AccountedSink extends FlowSink {
  readonly account: Account;
}

/**
 * Runs a sink in this thread for the `ThreadSink` that started the thread, until that stops it. A failed
 * write ends the thread.
 * @param make creates the sink from the data that the thread was started with; the sink opens one account
 * @param factsOf anything else that the sink reports about itself, as plain data
 */
export async function serveSink<Birth, Sink extends AccountedSink>(
  make: (birth: Birth, parts: SinkParts) => Sink,
  factsOf: (sink: Sink) => unknown = () => undefined,
): Promise<void> {
  const port = parentPort!;
  const ledger = new Ledger();
  const log = new Log(systemClock, () => {}, 'debug');
  const send = (message: FromWorker): void => port.postMessage(message);
  log.listen((entry) => send({ kind: 'log', entry }));
  const sink = make(workerData as Birth, { clock: systemClock, ledger, log });
  const received = new ReceivedBatches();

  const statusOf = (): SinkWorkerState => ({
    account: sink.account.toJSON(),
    isUp: sink.isUp !== false,
    facts: factsOf(sink),
  });
  const sendStatus = (): void => send({ kind: 'status', status: statusOf() });

  async function receive(message: ToWorker): Promise<void> {
    if (message.kind === 'batch') {
      await sink.write(received.batchOf(message.batch));
      send({ kind: 'taken', status: statusOf() });
      return;
    }
    clearInterval(statusTimer);
    await sink.stop(message.deadlineMs);
    sendStatus();
    port.close();
  }

  const statusTimer = setInterval(sendStatus, STATUS_MS);
  try {
    await sink.start();
    send({ kind: 'started' });
    port.on('message', receive);
  } catch (error) {
    clearInterval(statusTimer);
    const { message } = error as Error;
    const { code, remedy } = error instanceof WeirError ? error : unforeseen;
    send({ kind: 'refused', code, message, remedy });
    port.close();
  }
}

const unforeseen = { code: 'WEIR_SINK_THREAD', remedy: undefined } as const;
