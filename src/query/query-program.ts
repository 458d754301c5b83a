import { writeFileSync } from 'node:fs';
import type { KnownNamespaces, NamespaceReader } from '../flow/index.ts';
import { WeirError } from '../runtime/index.ts';
import { answerQuery } from './answer-query.ts';
import type { FromQueryProgram, ToQueryProgram } from './query-process.ts';
import { tooLargeError } from './too-large-error.ts';

/*
 * The program of a process that answers questions, one at a time. Its argument is the memory that it may
 * have.
 */

const maxMegabytes = Number(process.argv[2]);
/** How often it is measured. */
const MEASURE_MS = 50;

/** Of the question that it answers. */
let leaving: AbortController | undefined;
/** Goes on with a question once it is known what its reader may read. */
let tellNamespaces: (namespaces: KnownNamespaces) => void = () => {};

// Whoever started it says when it ends: a terminal and systemd signal all processes.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
endBeforeOthers();

process.on('message', (message: ToQueryProgram) => {
  if (message === 'cancel') leaving?.abort();
  else if ('namespaces' in message) tellNamespaces(message.namespaces);
  else void serveQuestion(message);
});

/** A system without memory ends this process, and not the one that asks. */
function endBeforeOthers(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // It is as likely to be ended as others.
  }
}

async function serveQuestion({
  directory,
  query,
  reader,
}: Extract<ToQueryProgram, { query: unknown }>): Promise<void> {
  leaving = new AbortController();
  const { signal } = leaving;
  const measuring = setInterval(expectMemory, MEASURE_MS);
  try {
    const asked = reader && askedReader(reader.knowsAnyEnd, signal);
    send({ answer: await answerQuery(directory, query, signal, asked) });
  } catch (error) {
    send({ error: partsOf(error) });
  } finally {
    clearInterval(measuring);
  }
}

/** Breaks off the question when the process has too much memory. Another takes the next one. */
function expectMemory(): void {
  if (process.memoryUsage.rss() <= maxMegabytes * 1e6) return;
  leaving?.abort(tooLargeError(maxMegabytes));
}

const send = (message: FromQueryProgram): boolean => process.send!(message);

/** Who asks, whose rights the other process finds out. */
const askedReader = (knowsAnyEnd: boolean, signal: AbortSignal): NamespaceReader => ({
  knowsAnyEnd,
  namespacesAmong: (met) =>
    new Promise((resolve, reject) => {
      tellNamespaces = resolve;
      signal.addEventListener('abort', () => reject(signal.reason));
      send({ met });
    }),
});

function partsOf(error: unknown): Extract<FromQueryProgram, { error: unknown }>['error'] {
  if (error instanceof WeirError)
    return {
      message: error.message,
      code: error.code,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    };
  return { message: error instanceof Error ? error.message : String(error) };
}
