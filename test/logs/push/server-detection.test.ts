import { describe, expect, it } from 'vitest';
import { type LogServer, type LogServerName, logServers } from '../../../src/logs/log-server.ts';
import type { PushAnswer } from '../../../src/logs/push/push-answer.ts';
import { detectServer } from '../../../src/logs/push/server-detection.ts';

type Said = readonly [status: number, body?: string];

const answering =
  (victoriaLogs: Said, loki: Said, isPage = false) =>
  async (server: LogServer) => {
    const [status, body = ''] = server === logServers.loki ? loki : victoriaLogs;
    return { status, body, isPage, retryAfter: undefined };
  };

describe('the kind of server', () => {
  const readOnly = 'cannot add rows into storage in read-only mode';
  const rate = 'ingestion rate limit exceeded for user fake';

  it.each([
    [[204], [400], 'victoriaLogs'],
    [[429, readOnly], [400], 'victoriaLogs'],
    [[404], [204], 'loki'],
    [[404], [422], 'loki'],
    [[404], [429, rate], 'loki'],
    [[429, 'slow down'], [204], 'loki'],
  ] satisfies [Said, Said, string][])(
    'is known by its answer to an empty push: %j and %j',
    async (victoriaLogs, loki, name) => {
      expect(await detectServer(answering(victoriaLogs, loki))).toBe(logServers[name as LogServerName]);
    },
  );

  it.each([
    [
      [401, 'no password'],
      [401, 'no password'],
    ],
    [
      [404, 'not found'],
      [404, 'not found'],
    ],
    [
      [302, 'elsewhere'],
      [302, 'elsewhere'],
    ],
    [
      [503, 'busy'],
      [503, 'busy'],
    ],
    [
      [429, 'slow down'],
      [429, 'slow down'],
    ],
    [
      [200, 'OK'],
      [200, 'OK'],
    ],
  ] satisfies [Said, Said][])('is not guessed: %j and %j', async (victoriaLogs, loki) => {
    const told = `/insert/loki/api/v1/push answers ${victoriaLogs.join(', ')}; /loki/api/v1/push answers ${loki.join(', ')}`;
    expect(await detectServer(answering(victoriaLogs, loki))).toEqual({
      error: `the server is neither VictoriaLogs nor Loki by its responses: ${told}`,
      reason: 'unknown_server',
      isUnsent: true,
    });
  });

  it('is unknown if it answers with HTML pages', async () => {
    const found = await detectServer(answering([204], [204], true));
    expect(found).toMatchObject({ error: expect.stringContaining('answers 204, a web page') });
  });

  it('is asked for again if nothing answers', async () => {
    const away: PushAnswer = { error: 'connect ECONNREFUSED', reason: 'unreachable', isUnsent: true };
    expect(await detectServer(async () => away)).toBe(away);
  });
});
