import { type LogServer, logServers } from '../log-server.ts';
import type { PushAnswer } from './push-answer.ts';

/** Maximum characters of an answer in a message. */
const MOST_TEXT = 200;

/** Answers to an empty push that show which server accepts pushes there. */
const takesPushes: readonly (readonly [
  server: LogServer,
  answer: (status: number, body: string) => boolean,
])[] = [
  [logServers.victoriaLogs, (status, body) => status === 204 || /read-only mode/.test(body)],
  [logServers.loki, (status, body) => status === 204 || status === 422 || /rate limit/.test(body)], // 422: the push is empty
];

/**
 * Detects which server answers, by an empty push to the path of each.
 * @param pushNothing posts to a server's path
 * @returns the server, or the answer that shows none
 */
export async function detectServer(
  pushNothing: (server: LogServer) => Promise<PushAnswer>,
): Promise<LogServer | PushAnswer> {
  const met: string[] = [];
  for (const [server, isKnownBy] of takesPushes) {
    const answer = await pushNothing(server);
    if ('error' in answer) return answer;
    if (!answer.isPage && isKnownBy(answer.status, answer.body)) return server;
    met.push(
      `${server.pushPath} answers ${answer.status}, ${answer.isPage ? 'a web page' : answer.body.slice(0, MOST_TEXT)}`,
    );
  }
  const error = `the server is neither VictoriaLogs nor Loki by its responses: ${met.join('; ')}`;
  return { error, reason: 'unknown_server', isUnsent: true };
}
