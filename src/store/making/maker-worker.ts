import { parentPort, workerData } from 'node:worker_threads';
import { WeirError } from '../../runtime/index.ts';
import { errnoOf, ReceivedBatches } from '../../sinks/index.ts';
import { FileMaker } from './file-maker.ts';
import type { RowsInMemory } from './maker.ts';
import type { MakerBirth } from './maker-thread.ts';
import type { Failure, FromMaker, SentRows, ToMaker } from './messages.ts';

/* The thread that makes the files of a history, one at a time. */

const { directory } = workerData as MakerBirth;
const port = parentPort!;
const maker = new FileMaker(directory);
const received = new ReceivedBatches();

port.on('message', async (message: ToMaker) => {
  switch (message.kind) {
    case 'file':
    case 'sums':
      port.postMessage(await answerTo(message));
      return;
    case 'rest':
      maker.rest();
      return;
    case 'interrupt':
      maker.interrupt();
      return;
    case 'close':
      await maker.close();
      port.close();
  }
});

async function answerTo(message: ToMaker & { readonly kind: 'file' | 'sums' }): Promise<FromMaker> {
  try {
    if (message.kind === 'sums') return { kind: 'sums', file: await maker.makeSums(message.wanted) };
    const { segment, gathered } = message;
    return { kind: 'file', made: await maker.makeFile(segment, gathered && rowsOf(gathered)) };
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
}

function rowsOf({ batches, times }: SentRows): RowsInMemory {
  return { batches: batches.map((batch) => received.batchOf(batch)), times };
}

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof WeirError) {
    const { code, remedy } = error;
    return { message, errno: undefined, known: { code, remedy } };
  }
  return { message, errno: errnoOf(error), known: undefined };
}
