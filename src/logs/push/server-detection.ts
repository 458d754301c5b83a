import { type LogServer, logServers } from '../log-server.ts';
import type { PushAnswer } from './push-answer.ts';

/** Which statuses of a push of nothing say that a server takes pushes there. */
const takesPushes: readonly (readonly [server: LogServer, statuses: readonly number[]])[] = [
  [logServers.victoriaLogs, [200, 204, 429]], // 429: its storage is read-only
  [logServers.loki, [200, 204, 422, 429]], // 422: a push of nothing is none
];

/**
 * Finds out which server answers, by a push of nothing to the path of each.
 * @param pushNothing posts to a server's path
 * @returns the server, or the answer that stands in the way
 */
export async function detectServer(
  pushNothing: (server: LogServer) => Promise<PushAnswer>,
): Promise<LogServer | PushAnswer> {
  const met: string[] = [];
  for (const [server, statuses] of takesPushes) {
    const answer = await pushNothing(server);
    if ('error' in answer) return answer;
    if (statuses.includes(answer.status)) return server;
    met.push(`${server.pushPath} answers ${answer.status}`);
  }
  const error = `this is neither VictoriaLogs nor Loki by its answers: ${met.join(', ')}`;
  return { error, reason: 'unknown_server', isUnsent: true };
}
