import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flowsRoute, RecentFlows } from '../../../src/api/index.ts';
import { batchOf } from '../../../src/flow/index.ts';
import { HttpServer, ledgerRoute } from '../../../src/http/index.ts';
import { Ledger } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/until.ts';

const FOLLOWERS = 19;
const BATCHES = 10;
const ROWS = 1_000;

const clock = new FakeClock();
let ledger: Ledger;
let flows: RecentFlows;
let server: HttpServer;
beforeEach(async () => {
  ledger = new Ledger();
  flows = new RecentFlows(clock, ledger, { windowMs: 60_000, maxOctets: 1_000_000 });
  const routes = { '/flows': flowsRoute(flows, clock, ledger), ...ledgerRoute(ledger) };
  server = new HttpServer({ host: '127.0.0.1', port: 0 }, routes);
  await server.start();
});
afterEach(() => server.stop());

/** A browser that follows: how many lines it has, and whether each is the next. */
class Follower {
  lines = 0;
  isInOrder = true;
  #rest = '';

  constructor(response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop()!;
      for (const line of lines)
        if (JSON.parse(line).destinationTransportPort !== ++this.lines) this.isInOrder = false;
    });
  }

  static follow(): Promise<Follower> {
    return new Promise((resolve, reject) => {
      get(`${server.url}/flows?follow=true&last=0`, (response) => resolve(new Follower(response))).on(
        'error',
        reject,
      );
    });
  }
}

describe('twenty browsers that follow flows', () => {
  it('get every record, though one reads nothing, and other requests are answered meanwhile', async () => {
    const stalled = connect(Number(new URL(server.url).port), '127.0.0.1').pause();
    stalled.write('GET /flows?follow=true&last=0 HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const followers = await Promise.all(Array.from({ length: FOLLOWERS }, () => Follower.follow()));
    await until('all clients', () => ledger.accounts.length === 2 + FOLLOWERS + 1);
    for (let batch = 0; batch < BATCHES; batch++) {
      const ports = Array.from({ length: ROWS }, (_, row) => batch * ROWS + row + 1);
      flows.write(batchOf(ports.map((port) => ({ sourceIP: '10.0.0.1', destinationTransportPort: port }))));
      expect((await fetch(`${server.url}/ledger`)).status).toBe(200);
      const known = (batch + 1) * ROWS;
      await until(`record ${known}`, () => followers.every(({ lines }) => lines === known));
    }
    expect(followers.every(({ isInOrder }) => isInOrder)).toBe(true);
    const clients = ledger.accounts.filter(({ name }) => name.startsWith('http client'));
    const whole = clients.filter(({ received, sent }) => received === BATCHES * ROWS && sent === received);
    expect(whole.length).toBeGreaterThanOrEqual(FOLLOWERS);
    stalled.destroy();
    await until('the end of the stalled client', () => ledger.accounts.length === 2 + FOLLOWERS);
    expect(ledger.isClosed).toBe(true);
  });
});
