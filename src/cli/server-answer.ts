import type { QueryAnswer } from '../query/index.ts';
import { WeirError } from '../runtime/index.ts';
import { askAggregator, namedServer, type ServerOptions } from './server/index.ts';

/** Longer than a server takes for an answer. */
const ANSWER_MS = 40_000;
const MOST_ANSWER = 64 * 1024 * 1024;

/**
 * Asks a running process a question about flows.
 * @param parameters of /query
 * @param signal breaks it off
 * @throws {WeirError} WEIR_SERVER_…
 */
export async function answerOfServer(
  options: ServerOptions,
  parameters: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<QueryAnswer> {
  const { address, token } = await namedServer(options);
  const answer = await askAggregator(address, {
    path: `/query?${new URLSearchParams(parameters)}`,
    token,
    answerMs: ANSWER_MS,
    maxLine: MOST_ANSWER,
    ...(signal === undefined ? {} : { signal }),
  });
  let text = '';
  for await (const lines of answer) text += lines.join('\n');
  try {
    return JSON.parse(text) as QueryAnswer;
  } catch (cause) {
    throw new WeirError('WEIR_SERVER_REFUSED', `${address.name} answered with something that is no JSON`, {
      remedy: 'Check that it is a Weir of this version.',
      cause,
    });
  }
}
