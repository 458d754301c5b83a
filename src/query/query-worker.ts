import { parentPort } from 'node:worker_threads';
import type { KnownNamespaces, NamespaceReader } from '../flow/index.ts';
import { WeirError } from '../runtime/index.ts';
import { answerQuery } from './answer-query.ts';
import type { DeskAnswer, DeskMessage } from './query-desk.ts';

/* The thread that answers questions. */

const running = new Map<number, AbortController>();
/** Questions that wait for what their reader may read. */
const untold = new Map<number, (namespaces: KnownNamespaces) => void>();
const sendAnswer = (answer: DeskAnswer): void => parentPort!.postMessage(answer);

parentPort!.on('message', (message: DeskMessage) => {
  if (message === 'end') {
    for (const leaving of running.values()) leaving.abort();
    parentPort!.close(); // The thread ends when all that runs has ended.
  } else if ('cancelled' in message) running.get(message.cancelled)?.abort();
  else if ('namespacesFor' in message) untold.get(message.namespacesFor)?.(message.namespaces);
  else void serveQuestion(message);
});

async function serveQuestion({
  id,
  directory,
  query,
  reader,
}: Extract<DeskMessage, { id: number }>): Promise<void> {
  const leaving = new AbortController();
  running.set(id, leaving);
  try {
    const asked = reader && askedReader(id, reader.knowsAnyEnd, leaving.signal);
    sendAnswer({ id, answer: await answerQuery(directory, query, leaving.signal, asked) });
  } catch (error) {
    if (!leaving.signal.aborted) sendAnswer({ id, error: partsOf(error) });
  } finally {
    running.delete(id);
  }
}

/** Who asks, whose rights the main thread finds out. */
const askedReader = (id: number, knowsAnyEnd: boolean, signal: AbortSignal): NamespaceReader => ({
  knowsAnyEnd,
  namespacesAmong: (met) =>
    new Promise((resolve, reject) => {
      const settle = () => untold.delete(id) && signal.removeEventListener('abort', giveUp);
      const giveUp = () => {
        settle();
        reject(signal.reason);
      };
      untold.set(id, (namespaces) => {
        settle();
        resolve(namespaces);
      });
      signal.addEventListener('abort', giveUp);
      sendAnswer({ id, met });
    }),
});

function partsOf(error: unknown): Extract<DeskAnswer, { error: unknown }>['error'] {
  if (error instanceof WeirError)
    return {
      message: error.message,
      code: error.code,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    };
  return { message: error instanceof Error ? error.message : String(error) };
}
