import { writeFileSync } from 'node:fs';
import type { KnownNamespaces, NamespaceReader } from '../flow/index.ts';
import { WeirError } from '../runtime/index.ts';
import { answerQuery } from './answer-query.ts';
import type { Answered, FromQueryProgram, ToQueryProgram } from './query-process.ts';
import { type RecordsPart, readStoredRecords } from './read-stored-records.ts';
import { tooLargeError } from './too-large-error.ts';

/*
 * The program of a process that answers questions, one at a time. Its argument is the memory that it may
 * have.
 */

const maxMegabytes = Number(process.argv[2]);
/** How often it is measured. */
const MEASURE_MS = 50;
/** How often it says that it works. */
const SIGN_MS = 1_000;

/** Of the question that it answers. */
let leaving: AbortController | undefined;
/** Goes on with a question once it is known what its reader may read. */
let tellNamespaces: (namespaces: KnownNamespaces) => void = () => {};
/** Resolves once the part that was sent last is taken. */
let isTaken: Promise<void> = Promise.resolve();
let tellTaken = () => {};

// Whoever started it says when it ends: a terminal and systemd signal all processes.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
endBeforeOthers();

process.on('message', (message: ToQueryProgram) => {
  if (message === 'cancel') leaving?.abort();
  else if (message === 'taken') tellTaken();
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

type AskedOfProgram = Extract<ToQueryProgram, { asked: unknown }>;

async function serveQuestion(question: AskedOfProgram): Promise<void> {
  leaving = new AbortController();
  leaving.signal.addEventListener('abort', () => {
    tellTaken();
    tellNamespaces({ readable: [], known: [] });
  });
  const measuring = setInterval(expectMemory, MEASURE_MS);
  const working = setInterval(() => send('at work'), SIGN_MS);
  try {
    send({ answer: await answerTo(question, leaving.signal) });
  } catch (error) {
    send({ error: partsOf(error) });
  } finally {
    clearInterval(measuring);
    clearInterval(working);
  }
}

async function answerTo(
  { directory, asked, reader }: AskedOfProgram,
  signal: AbortSignal,
): Promise<Answered> {
  const asker = reader && askedReader(reader.knowsAnyEnd, signal);
  if ('query' in asked) return await answerQuery(directory, asked.query, signal, asker);
  isTaken = Promise.resolve();
  return await readStoredRecords(directory, asked.records, signal, asker, (part) => handPart(part, signal));
}

/** While a part is on its way, the next one is made. */
async function handPart(part: RecordsPart, signal: AbortSignal): Promise<void> {
  await isTaken;
  signal.throwIfAborted();
  isTaken = new Promise((resolve) => {
    tellTaken = resolve;
  });
  send({ part });
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
  namespacesAmong: async (met) => {
    signal.throwIfAborted();
    const told = new Promise<KnownNamespaces>((resolve) => {
      tellNamespaces = resolve;
    });
    send({ met });
    const namespaces = await told;
    signal.throwIfAborted();
    return namespaces;
  },
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
