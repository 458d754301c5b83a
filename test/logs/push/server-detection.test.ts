import { describe, expect, it } from 'vitest';
import { type LogServer, logServers } from '../../../src/logs/log-server.ts';
import type { PushAnswer } from '../../../src/logs/push/push-answer.ts';
import { detectServer } from '../../../src/logs/push/server-detection.ts';

const answering = (statuses: { victoriaLogs: number; loki: number }) => async (server: LogServer) => ({
  status: server === logServers.loki ? statuses.loki : statuses.victoriaLogs,
  body: '',
  retryAfter: undefined,
});

describe('which server answers', () => {
  it.each([
    [{ victoriaLogs: 204, loki: 400 }, 'victoriaLogs'],
    [{ victoriaLogs: 429, loki: 400 }, 'victoriaLogs'],
    [{ victoriaLogs: 404, loki: 204 }, 'loki'],
    [{ victoriaLogs: 404, loki: 422 }, 'loki'],
    [{ victoriaLogs: 404, loki: 429 }, 'loki'],
  ] as const)('is known by what a push of nothing is answered: %j', async (statuses, name) => {
    expect(await detectServer(answering(statuses))).toBe(logServers[name]);
  });

  it.each([
    { victoriaLogs: 401, loki: 401 },
    { victoriaLogs: 404, loki: 404 },
    { victoriaLogs: 302, loki: 302 },
    { victoriaLogs: 503, loki: 503 },
  ])('is not guessed: %j', async (statuses) => {
    expect(await detectServer(answering(statuses))).toEqual({
      error: `this is neither VictoriaLogs nor Loki by its answers: /insert/loki/api/v1/push answers ${statuses.victoriaLogs}, /loki/api/v1/push answers ${statuses.loki}`,
      reason: 'unknown_server',
      isUnsent: true,
    });
  });

  it('is asked for again when nothing answers', async () => {
    const away: PushAnswer = { error: 'connect ECONNREFUSED', reason: 'unreachable', isUnsent: true };
    expect(await detectServer(async () => away)).toBe(away);
  });
});
