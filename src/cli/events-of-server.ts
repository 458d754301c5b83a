import type { EventsAnswer } from '../flow/index.ts';
import { WeirError } from '../runtime/index.ts';
import { askAggregator, namedServer, type ServerOptions } from './server/index.ts';

/** Ten thousand events of the longest texts. */
const MOST_ANSWER = 256 * 1024 * 1024;

/**
 * Asks a running process for events.
 * @param query the parameters of /events
 * @param signal breaks it off
 * @throws {WeirError} WEIR_SERVER_…
 */
export async function eventsOfServer(
  options: ServerOptions,
  query: URLSearchParams,
  signal?: AbortSignal,
): Promise<EventsAnswer> {
  const { address, token } = await namedServer(options);
  const answer = await askAggregator(address, {
    path: `/events?${query}`,
    token,
    maxLine: MOST_ANSWER,
    ...(signal === undefined ? {} : { signal }),
  });
  let text = '';
  for await (const lines of answer) text += lines.join('\n');
  try {
    return JSON.parse(text) as EventsAnswer;
  } catch (cause) {
    throw new WeirError('WEIR_SERVER_REFUSED', `${address.name} answered with something that is no JSON`, {
      remedy: 'Check that it is a Weir of this version.',
      cause,
    });
  }
}
