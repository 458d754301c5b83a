import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flowsRoute, RecentFlows } from '../../../src/api/index.ts';
import { batchOf, type FlowRecord } from '../../../src/flow/index.ts';
import { HttpServer, healthRoutes, ledgerRoute } from '../../../src/http/index.ts';
import { Ledger } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/until.ts';

const clock = new FakeClock();
let ledger: Ledger;
let flows: RecentFlows;
let server: HttpServer;
let readiness: { isReady: boolean; problems: string[]; remarks?: string[] };

beforeEach(async () => {
  ledger = new Ledger();
  flows = new RecentFlows(clock, ledger, { windowMs: 60_000, maxOctets: 1_000_000 });
  readiness = { isReady: true, problems: [] };
  server = new HttpServer(
    { host: '127.0.0.1', port: 0 },
    { '/flows': flowsRoute(flows, clock, ledger), ...ledgerRoute(ledger), ...healthRoutes(readiness) },
  );
  await server.start();
});

afterEach(() => server.stop());

const flow = (port: number, protocolIdentifier = 6): FlowRecord => ({
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  destinationTransportPort: port,
  protocolIdentifier,
});
const ports = (body: string) =>
  body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).destinationTransportPort);
const fetchPorts = async (query: string) => ports(await (await fetch(`${server.url}/flows?${query}`)).text());
const account = (name: string) => ledger.accounts.find((known) => known.name === name)!;

describe('/flows', () => {
  it('returns the records of the window as lines of JSON, the oldest first', async () => {
    flows.write(batchOf([flow(80), flow(443)]));
    flows.write(batchOf([flow(53, 17)]));
    expect(await fetchPorts('')).toEqual([80, 443, 53]);
    const { sent, received } = account('http');
    expect({ sent, received, closed: ledger.isClosed }).toEqual({ sent: 3, received: 3, closed: true });
  });

  it('accepts the filter words, each several times', async () => {
    flows.write(batchOf([flow(80), flow(443), flow(53, 17), flow(123, 17)]));
    expect(await fetchPorts('proto=udp')).toEqual([53, 123]);
    expect(await fetchPorts('port=https&dst=10.0.0.2:dns&dst=10.0.0.2:https')).toEqual([443]);
    expect(await fetchPorts('port=80&port=53')).toEqual([80, 53]);
    expect(await fetchPorts('proto=tcp&port=!443')).toEqual([80]);
  });

  it('accepts a condition, which holds beside the words', async () => {
    flows.write(batchOf([flow(80), flow(443), flow(53, 17), flow(123, 17)]));
    const where = (text: string) => `where=${encodeURIComponent(text)}`;
    expect(await fetchPorts(where('port=53,80 or not proto=udp'))).toEqual([80, 443, 53]);
    expect(await fetchPorts(`proto=udp&${where('destinationPort!=53')}`)).toEqual([123]);
    expect(await fetchPorts(`last=1&${where('protocol=TCP')}`)).toEqual([443]);
    expect(await fetchPorts(where('sourceZone exists'))).toEqual([]);
    expect(await fetchPorts('where=')).toEqual([80, 443, 53, 123]);
  });

  it('returns the newest matching records for last=N', async () => {
    flows.write(batchOf([flow(1), flow(2), flow(3, 17)]));
    flows.write(batchOf([flow(4), flow(5, 17)]));
    expect(await fetchPorts('last=2&proto=tcp')).toEqual([2, 4]);
    expect(await fetchPorts('last=0')).toEqual([]);
    expect(await fetchPorts('last=99')).toEqual([1, 2, 3, 4, 5]);
  });

  it('returns the records since a time ago', async () => {
    flows.write(batchOf([flow(1)]));
    clock.advance(20_000);
    flows.write(batchOf([flow(2)]));
    expect(await fetchPorts('since=10s')).toEqual([2]);
    expect(await fetchPorts(`since=${new Date(clock.now() - 30_000).toISOString()}`)).toEqual([1, 2]);
  });

  it('drops records after their retention time and counts them as kept', async () => {
    flows.write(batchOf([flow(1), flow(2)]));
    clock.advance(60_001);
    flows.write(batchOf([flow(3)]));
    expect(await fetchPorts('')).toEqual([3]);
    expect(account('recent flows').toJSON()).toMatchObject({ received: 3, sent: 2, held: 1, closed: true });
  });

  it('drops old records when memory is short, and counts them', () => {
    const wide = batchOf(Array.from({ length: 4000 }, (_, port) => flow(port)));
    const batches = Math.floor(1_000_000 / wide.layout.octets) + 2;
    for (let i = 0; i < batches; i++) flows.write(wide);
    expect(flows.octets).toBeLessThanOrEqual(1_000_000);
    const { dropped, held, closed } = account('recent flows').toJSON();
    expect({ dropped: dropped['window full'], closed }).toEqual({
      dropped: batches * 4000 - held,
      closed: true,
    });
    expect(dropped['window full']).toBeGreaterThan(0);
  });

  it('follows with new records as they come, and stops when the client leaves', async () => {
    flows.write(batchOf([flow(1)]));
    const response = await new Promise<IncomingMessage>((resolve) =>
      get(`${server.url}/flows?follow=true&last=0`, resolve),
    );
    let body = '';
    response.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    flows.write(batchOf([flow(2)]));
    await until('the first new record', () => ports(body).length === 1);
    flows.write(batchOf([flow(3), flow(4)]));
    await until('two more', () => ports(body).length === 3);
    expect(ports(body)).toEqual([2, 3, 4]);
    expect(ledger.accounts.map(({ name }) => name)).toContainEqual(expect.stringMatching(/^http client/));
    response.destroy();
    await until('the account of the client to be summed up', () => account('http').sent === 3);
    expect(ledger.accounts.map(({ name }) => name)).toEqual(['recent flows', 'http']);
    expect(ledger.isClosed).toBe(true);
  });

  it('counts the records that a slow client misses, and serves the others', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.pause();
    socket.write('GET /flows?follow=true&last=0 HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await until('the client', () => ledger.accounts.length === 3);
    const slow = ledger.accounts[2]!;
    const batch = batchOf(Array.from({ length: 4000 }, (_, port) => flow(port)));
    await until('a window that has passed the client by', async () => {
      for (let i = 0; i < 10; i++) flows.write(batch);
      await new Promise(setImmediate);
      return flows.oldestRow > 100_000;
    });
    expect(await fetchPorts('last=1')).toEqual([3999]);
    let text = '';
    socket.setEncoding('latin1').on('data', (piece) => {
      text += piece;
    });
    socket.resume();
    await until('the missed rows', () => slow.dropped.has('read too slowly'));
    const dropped = () => slow.dropped.get('read too slowly')!;
    expect(dropped()).toBeGreaterThan(0);
    const told = () => [...text.matchAll(/^\{"missedRecords":(\d+)\}$/gm)].map(([, count]) => Number(count));
    await until('the lines that say so', () => told().reduce((sum, count) => sum + count, 0) === dropped());
    socket.destroy();
    await until('the end of the client', () => ledger.accounts.length === 2);
    expect(ledger.isClosed).toBe(true);
  });

  it.each([
    ['proto=tpc', 'filter proto: expected protocol, by name or number; found "tpc"'],
    ['colour=red', 'there is no parameter colour'],
    ['since=yesterday', 'since: expected a duration such as "10m" or a time in RFC 3339, found "yesterday"'],
    ['last=-1', 'last: expected a whole number of at most nine digits, found "-1"'],
    ['last=NaN', 'found "NaN"'],
    ['last=1e999', 'found "1e999"'],
    ['last=0x10', 'found "0x10"'],
    ['last=1152921504606846976', 'found "1152921504606846976"'],
    ['last=1&last=2', 'last: expected it once, found it 2 times'],
    ['since=-5m', 'found "-5m"'],
    ['since=99999999999h', 'found "99999999999h"'],
    ['where=port=htp', 'where: column 6: expected port of either end'],
    ['where=port=80%20and', 'where: column 12: expected "not", "(" or a word such as src; found the end'],
    ['where=port=80&where=port=81', 'where: expected it once, found it 2 times'],
    ['where=a=b=c', 'where: column 1: expected one of the words src, dst'],
    ['follow=yes', 'follow: expected true or false, found "yes"'],
    ['min-octets=18446744073709551616', 'found "18446744073709551616"'],
    ['min-octets=9999EiB', 'found "9999EiB"'],
    ['port=0x50', 'found "0x50"'],
    ['port=65536', 'found "65536"'],
    ['__proto__=1', 'there is no parameter __proto__; there are src, dst'],
    ['constructor=1', 'there is no parameter constructor'],
    ['toString=1', 'there is no parameter toString'],
  ])('explains the fault in ?%s', async (query, message) => {
    const response = await fetch(`${server.url}/flows?${query}`);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toContain(message);
  });
});

describe('/flows beside other work', () => {
  /** A millisecond passes each time it is asked, while somebody sets the host's clock back. */
  class HastyClock extends FakeClock {
    override monotonic(): number {
      this.advance(1);
      this.set(-1_000);
      return super.monotonic();
    }

    override now(): number {
      this.monotonic();
      return super.now();
    }
  }

  it.each(['last=1&port=9', 'port=9', ''])('yields to the event loop by any clock: ?%s', async (query) => {
    const hasty = new HastyClock();
    const held = new RecentFlows(clock, ledger, { windowMs: 60_000, maxOctets: 10_000_000 });
    const rows = 4096;
    held.write(batchOf(Array.from({ length: rows }, (_, at) => flow(at + 10))));
    const busy = new HttpServer(
      { host: '127.0.0.1', port: 0 },
      { '/flows': flowsRoute(held, hasty, new Ledger()) },
    );
    await busy.start();
    let turns = 0;
    let next = setImmediate(function count() {
      turns++;
      next = setImmediate(count);
    });
    try {
      await (await fetch(`${busy.url}/flows?${query}`)).text();
    } finally {
      clearImmediate(next);
      await busy.stop();
    }
    expect(turns).toBeGreaterThan(rows / 128); // a turn is over after 64 rows by this clock
  });

  it('disconnects a client that reads nothing, and counts the client and its records', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.pause();
    socket.write('GET /flows?follow=true&last=0 HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await until('the client', () => ledger.accounts.length === 3);
    const batch = batchOf(Array.from({ length: 4000 }, (_, port) => flow(port)));
    await until('the client to be let go', async () => {
      flows.write(batch);
      await new Promise(setImmediate);
      if (flows.oldestRow > 100_000) clock.advance(30_000);
      return ledger.accounts.length === 2;
    });
    const { dropped, events } = account('http').toJSON();
    expect(events).toEqual({ 'clients that took nothing': 1 });
    expect(dropped['client took nothing']).toBeGreaterThan(0);
    expect(ledger.isClosed).toBe(true);
    socket.destroy();
  });

  it('refuses the 65th client, and counts it', async () => {
    const all = Array.from({ length: 64 }, () => fetch(`${server.url}/flows?follow=true&last=0`));
    const answers = await Promise.all(all);
    const refused = await fetch(`${server.url}/flows`);
    expect([refused.status, await refused.json()]).toEqual([
      503,
      { error: '64 clients are reading flows already' },
    ]);
    expect(account('http').events.get('clients refused')).toBe(1);
    await Promise.all(answers.map(({ body }) => body!.cancel()));
    await until('the clients to be gone', () => ledger.accounts.length === 2);
  });

  it('sends JSON without terminal control characters', async () => {
    const name = 'a\u009b31m\u202eb\u2028';
    flows.write(batchOf([{ ...flow(80), sourcePodName: name }]));
    const text = await (await fetch(`${server.url}/flows`)).text();
    expect(text).toContain('"a\\u009b31m\\u202eb\\u2028"');
    expect(JSON.parse(text).sourcePodName).toBe(name);
  });
});

describe('the server', () => {
  it('serves the ledger and its state', async () => {
    flows.write(batchOf([flow(1)]));
    expect(await (await fetch(`${server.url}/ledger`)).json()).toMatchObject([
      { name: 'recent flows', received: 1, held: 1, closed: true },
      { name: 'http' },
    ]);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    readiness.remarks = ['kubernetes pods: 3 objects find no room'];
    const remarked = await fetch(`${server.url}/readyz`);
    expect(remarked.status).toBe(200);
    expect(await remarked.json()).toEqual({ status: 'ready', remarks: readiness.remarks });
    readiness.problems = ['kernel silent: 24 IP packets have passed'];
    const blind = await fetch(`${server.url}/readyz`);
    expect(blind.status).toBe(503);
    expect(await blind.json()).toEqual({ status: 'blind', problems: readiness.problems });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    readiness.isReady = false;
    const starting = await fetch(`${server.url}/readyz`);
    expect(starting.status).toBe(503);
    expect(await starting.json()).toEqual({ status: 'starting' });
  });

  it('lists its paths in answer to an unknown path', async () => {
    const response = await fetch(`${server.url}/flow`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: 'unknown path /flow; the paths are /flows, /ledger, /healthz, /livez, /readyz',
    });
  });

  it('answers GET and HEAD only', async () => {
    const response = await fetch(`${server.url}/flows`, { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await fetch(`${server.url}/flows`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});
