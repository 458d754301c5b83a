import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventsAnswer, KeptEvent } from '../../../src/flow/index.ts';
import { EventPlace } from '../../support/event-place.ts';
import { eventIn, madeEvent } from '../../support/made-event.ts';
import { GuardedServer } from '../guarded-server.ts';

let server: GuardedServer;
let place: EventPlace;

const events = [
  eventIn('shop', 'OOMKilled'),
  eventIn('bank', 'BackOff'),
  eventIn(undefined, 'NodeNotReady'),
  madeEvent({ kind: 'process', names: {}, reason: 'Started' }),
];

beforeEach(async () => {
  server = await new GuardedServer().start();
  place = new EventPlace();
  server.clock.set(place.clock.now() - server.clock.now());
  server.directory = place.directory;
  await place.keep(events);
  server.know('admin', 'list flows *', 'post /alerts');
  server.know('shop-owner', 'list flows shop');
  server.know('bank-owner', 'list flows bank', 'list flows/identity shop');
  server.know('nobody');
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

const reasonsFor = async (user: string, query = ''): Promise<string[]> => {
  const { events: found } = (await server.json(`/events?since=1h${query}`, user)) as EventsAnswer;
  return found.map(({ reason }) => reason);
};

describe('who asks for events', () => {
  it.each([
    ['admin', ['OOMKilled', 'BackOff', 'NodeNotReady', 'Started']],
    ['shop-owner', ['OOMKilled']],
    ['bank-owner', ['BackOff']],
    ['nobody', []],
  ])('sees those of namespaces whose flows he may read: %s', async (user, reasons) => {
    expect((await reasonsFor(user)).sort()).toEqual(reasons.toSorted());
    const lines = await server.ask('/events', user, { headers: { accept: 'application/x-ndjson' } });
    expect((await lines.text()).split('\n').filter(Boolean)).toHaveLength(reasons.length);
  });

  it('learns nothing of others by a search, a number or a namespace', async () => {
    expect(await reasonsFor('shop-owner', '&search=BackOff')).toEqual([]);
    const one = (await server.json('/events?limit=1', 'shop-owner')) as EventsAnswer;
    expect(one).toMatchObject({ isCut: false, events: [{ reason: 'OOMKilled' }] });
    expect((await server.ask('/events?namespace=bank', 'shop-owner')).status).toBe(403);
    expect(await reasonsFor('bank-owner', '&namespace=shop')).toEqual([]);
  });

  it('needs a token', async () => {
    expect((await server.ask('/events')).status).toBe(401);
  });
});

describe('an answer about events', () => {
  it('is cut to the newest ones, and says so', async () => {
    server.clock.advance(60_000);
    await place.keep([madeEvent({ reason: 'Newest', time: new Date(server.clock.now()).toISOString() })]);
    const answer = (await server.json('/events?limit=1', 'admin')) as EventsAnswer;
    expect(answer).toMatchObject({ isCut: true, events: [{ reason: 'Newest' }] });
  });

  it('is refused for a time that ends before it begins', async () => {
    const refused = (await server.json('/events?since=1h&until=2h', 'admin')) as object;
    expect(refused).toEqual({ error: 'until: expected a time after since, found "2h"' });
  });

  it('has nothing that a terminal obeys', async () => {
    await place.keep([madeEvent({ message: 'a\u001b[2J\u202e' })]);
    expect(await (await server.ask('/events?search=a', 'admin')).text()).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it.each([
    ['colour=red', 'there is no parameter colour; there are since, until, search, kind, namespace, limit'],
    ['since=soon', 'since: expected a duration such as "10m" or "3d", or a time in RFC 3339, found "soon"'],
    ['limit=0', 'limit: expected a whole number from 1 to 10000, found "0"'],
    ['limit=1&limit=2', 'limit: expected it once, found it 2 times'],
    ['namespace=!shop', 'namespace: expected the name of a namespace, found "!shop"'],
    [`search=${'x'.repeat(257)}`, 'search: expected at most 256 characters, found 257'],
  ])('says what is wrong with the question: %s', async (query, error) => {
    const answer = await server.ask(`/events?${query}`, 'admin');
    expect([answer.status, await answer.json()]).toEqual([400, { error }]);
  });

  it('says that nothing is kept without a history', async () => {
    server.directory = undefined;
    const answer = await server.ask('/events', 'admin');
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { error: expect.stringMatching(/^this process keeps no events; start/) },
    ]);
  });
});

describe('alerts of Alertmanager', () => {
  const startsAt = '2026-01-31T10:00:00.123456789Z';
  const alert = {
    status: 'firing',
    labels: { alertname: 'WeirLosesRecords', namespace: 'shop', pod: 'cart-0', severity: 'warning' },
    annotations: { summary: 'Records are lost' },
    startsAt,
    endsAt: '0001-01-01T00:00:00Z',
  };
  const send = (body: string, user = 'admin') => server.ask('/alerts', user, { method: 'POST', body });
  const sendAlerts = (...alerts: unknown[]) => send(JSON.stringify({ version: '4', alerts }));

  it('become events, once, when they begin and when they end', async () => {
    expect(await (await sendAlerts(alert)).json()).toEqual({ kept: 1 });
    expect(await (await sendAlerts(alert)).json()).toEqual({ kept: 0 });
    const endsAt = '2026-01-31T10:05:00Z';
    expect(await (await sendAlerts(alert, { ...alert, status: 'resolved', endsAt })).json()).toEqual({
      kept: 1,
    });
    const kept = {
      ...{ reason: 'WeirLosesRecords', objectKind: 'Alert', objectName: 'WeirLosesRecords' },
      kind: 'alert' as const,
      names: { sourcePodNamespace: 'shop', sourcePodName: 'cart-0' },
      facts: { severity: 'warning' },
    };
    expect(server.kept).toEqual([
      { ...kept, type: 'Warning', time: '2026-01-31T10:00:00.123Z', message: 'began: Records are lost' },
      { ...kept, type: 'Normal', time: '2026-01-31T10:05:00.000Z', message: 'ended: Records are lost' },
    ] satisfies readonly KeptEvent[]);
  });

  it('are of the present if their time is none, or is to come', async () => {
    await sendAlerts({ ...alert, startsAt: 'soon' }, { ...alert, startsAt: '2999-01-01T00:00:00Z' });
    const now = new Date(server.clock.now()).toISOString();
    expect(server.kept.map(({ time }) => time)).toEqual([now, now]);
  });

  it.each([
    ['[]', 'expected the JSON of a webhook of Alertmanager, with a list "alerts"'],
    ['{"alerts": [null]}', 'alerts[0]: expected a label "alertname" and a status "firing" or "resolved"'],
    [`{"alerts": [${'0,'.repeat(500)}0]}`, 'alerts: expected at most 500, found 501: set max_alerts'],
  ])('are refused whole when one of them is none: %.20s', async (body, error) => {
    const answer = await send(body);
    expect([answer.status, await answer.json()]).toEqual([400, { error }]);
    expect(server.kept).toEqual([]);
  });

  it('are taken from nobody who lacks the right, and have a bound', async () => {
    expect((await send('{"alerts": []}', 'shop-owner')).status).toBe(403);
    expect((await send(' '.repeat(1_048_577))).status).toBe(413);
  });
});
