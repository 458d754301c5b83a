import { parentPort, workerData } from 'node:worker_threads';
import { BatchLayout, FlowBatch } from '../../flow/index.ts';
import { Ledger, Log, systemClock, WeirError } from '../../runtime/index.ts';
import { FlowLogSink } from '../flow-log-sink.ts';
import { DictionaryCopy } from './dictionary-copy.ts';
import type { FromWorker, SentBatch, ToWorker, WorkerBirth, WorkerStatus } from './messages.ts';

/* The thread of a sink: lines are made, compressed, pushed and kept here. */

const STATUS_MS = 250;

const port = parentPort!;
const { name, options } = workerData as WorkerBirth;
const ledger = new Ledger();
const log = new Log(systemClock, () => {}, 'debug');
const sink = new FlowLogSink(name, options, { clock: systemClock, ledger, log });
const strings = new DictionaryCopy();
let layout: BatchLayout | undefined;

const say = (message: FromWorker): void => port.postMessage(message);
const tellStatus = (): void => say({ kind: 'status', status: status() });
log.listen((entry) => say({ kind: 'log', entry }));

function status(): WorkerStatus {
  return { lines: ledger.accounts[0]!.toJSON(), isUp: sink.isUp, connections: sink.connections };
}

function flowBatch({ fields, capacity, length, buffer, strings: more }: SentBatch): FlowBatch {
  strings.add(more);
  if (layout?.capacity !== capacity || layout.fields.join() !== fields.join())
    layout = new BatchLayout(fields, capacity);
  const batch = new FlowBatch(layout, strings.dictionary, undefined, buffer);
  batch.length = length;
  return batch;
}

async function hear(message: ToWorker): Promise<void> {
  if (message.kind === 'batch') {
    await sink.write(flowBatch(message.batch));
    tellStatus();
    say({ kind: 'taken' });
    return;
  }
  clearInterval(statusTimer);
  await sink.stop(message.deadlineMs);
  tellStatus();
  port.close();
}

const unforeseen = { code: 'WEIR_LOKI_WORKER', remedy: undefined } as const;

const statusTimer = setInterval(tellStatus, STATUS_MS);
try {
  await sink.start();
  say({ kind: 'started' });
  port.on('message', hear);
} catch (error) {
  clearInterval(statusTimer);
  const { message } = error as Error;
  const { code, remedy } = error instanceof WeirError ? error : unforeseen;
  say({ kind: 'refused', code, message, remedy });
  port.close();
}
