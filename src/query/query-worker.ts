import { parentPort } from 'node:worker_threads';
import { WeirError } from '../runtime/index.ts';
import { answerQuery } from './answer-query.ts';
import type { DeskAnswer, DeskMessage } from './query-desk.ts';

/* The thread that answers questions. */

const running = new Map<number, AbortController>();
const sendAnswer = (answer: DeskAnswer): void => parentPort!.postMessage(answer);

parentPort!.on('message', (message: DeskMessage) => {
  if ('cancelled' in message) running.get(message.cancelled)?.abort();
  else void serveQuestion(message);
});

async function serveQuestion({ id, directory, query }: Extract<DeskMessage, { id: number }>): Promise<void> {
  const leaving = new AbortController();
  running.set(id, leaving);
  try {
    sendAnswer({ id, answer: await answerQuery(directory, query, leaving.signal) });
  } catch (error) {
    if (!leaving.signal.aborted) sendAnswer({ id, error: partsOf(error) });
  } finally {
    running.delete(id);
  }
}

function partsOf(error: unknown): Extract<DeskAnswer, { error: unknown }>['error'] {
  if (error instanceof WeirError)
    return {
      message: error.message,
      code: error.code,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    };
  return { message: error instanceof Error ? error.message : String(error) };
}
