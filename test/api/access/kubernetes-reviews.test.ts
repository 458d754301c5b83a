import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AUDIENCE, KubernetesReviews, ReviewDesk, TokenReviewer } from '../../../src/api/index.ts';
import { KubernetesClient } from '../../../src/kubernetes/index.ts';
import { Ledger, Log, systemClock } from '../../../src/runtime/index.ts';

let server: Server;
let client: KubernetesClient;
let tokens: TokenReviewer;
let asked: unknown[];
let answer: { readonly status: number; readonly body: unknown };

beforeEach(async () => {
  asked = [];
  server = createServer(async (request, response) => {
    asked.push([request.method, request.url, request.headers.authorization, await json(request)]);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const access = {
    server: new URL(`http://127.0.0.1:${port}`),
    namespace: 'weir',
    remedy: 'Look at the token.',
    credentials: async () => ({ headers: { authorization: 'Bearer own' }, tls: {} }),
    forget: () => {},
  };
  const parts = { clock: systemClock, ledger: new Ledger(), log: new Log(systemClock, () => {}) };
  client = new KubernetesClient({ access, ...parts });
  tokens = new TokenReviewer(new ReviewDesk({ api: new KubernetesReviews(client), ...parts }), AUDIENCE);
});

afterEach(async () => {
  client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('a review by the API server', () => {
  it('is created there with our own credentials', async () => {
    const status = { authenticated: true, audiences: ['weir'], user: { username: 'ada' } };
    answer = { status: 201, body: { metadata: { creationTimestamp: null }, status } };
    expect(await tokens.authenticate('hers', '192.0.2.1')).toMatchObject({ name: 'ada', groups: [] });
    const review = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token: 'hers', audiences: ['weir'] },
    };
    expect(asked).toEqual([['POST', '/apis/authentication.k8s.io/v1/tokenreviews', 'Bearer own', review]]);
  });

  it.each([
    [401, "this aggregator's own credentials"],
    [403, 'system:auth-delegator'],
    [500, 'status 500'],
  ])('that is answered with %i says whose fault that is', async (status, message) => {
    answer = { status, body: { kind: 'Status', metadata: {}, message: 'no' } };
    await expect(tokens.authenticate('hers', '192.0.2.1')).rejects.toThrow(message);
  });

  it('that is answered with something else is none', async () => {
    answer = { status: 200, body: ['a proxy'] };
    await expect(tokens.authenticate('hers', '192.0.2.1')).rejects.toThrow('no answer');
  });

  it('of an endless user is none', async () => {
    const user = { username: 'ada', groups: Array.from({ length: 40_000 }, (_, n) => `group-${n}`) };
    const status = { authenticated: true, audiences: ['weir'], user };
    answer = { status: 201, body: { metadata: {}, status } };
    await expect(tokens.authenticate('hers', '192.0.2.1')).rejects.toThrow('262144 octets at most');
  });
});
