import { computed, signal } from '@preact/signals';
import type { QueryAnswer, QueryText } from '../../../query/contract/index.ts';

/** What the server answers instead: its words, which say what to do. */
export class AskFault extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const running = signal<ReadonlySet<AbortController>>(new Set());

/** Whether any question waits for its answer. */
export const isAsking = computed(() => running.value.size > 0);

/** Grows whenever the reader wants fresh answers to the same questions. */
export const refreshes = signal(0);

export const refreshAnswers = (): void => {
  refreshes.value++;
};

export const cancelAsking = (): void => {
  for (const controller of running.peek()) controller.abort();
};

/** Runs a question that `cancelAsking` breaks off. */
export async function askCancellable<T>(
  controller: AbortController,
  question: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  running.value = new Set([...running.peek(), controller]);
  try {
    return await question(controller.signal);
  } finally {
    running.value = new Set([...running.peek()].filter((other) => other !== controller));
  }
}

export const askJson = async <T>(path: string, request: RequestInit): Promise<T> =>
  JSON.parse(await (await askResponse(path, request)).text()) as T;

/**
 * Asks the server. Paths are relative to the page, because only the browser knows its prefix. `answers` are
 * statuses besides success whose body is an answer, too.
 */
export async function askResponse(
  path: string,
  request: RequestInit,
  answers: readonly number[] = [],
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...request, credentials: 'same-origin', redirect: 'error' });
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new AskFault(0, 'The server does not answer. Is weir still running?');
  }
  if (response.ok || answers.includes(response.status)) return response;
  throw new AskFault(response.status, faultText(response.status, await response.text()));
}

export const askQuery = (query: QueryText, signal: AbortSignal): Promise<QueryAnswer> =>
  askJson<QueryAnswer>('../query', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(query),
    signal,
  });

function faultText(status: number, text: string): string {
  if (status === 401)
    return 'The server has another token now. Load this page again: it says where the link is.';
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch {}
  return `The server answered with status ${status} and no reason.`;
}
