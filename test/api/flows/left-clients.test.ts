import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { GuardedServer } from '../guarded-server.ts';

let server: GuardedServer;

beforeEach(async () => {
  server = await new GuardedServer().start();
  server.know('admin', 'watch flows *', 'get /ledger');
});

afterEach(() => server[Symbol.asyncDispose]());

const FOLLOW =
  'GET /flows?follow=true HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer token-of-admin\r\n\r\n';

function send(text: string): Socket {
  const socket = connect(Number(new URL(server.server.url).port), '127.0.0.1').on('error', () => {});
  socket.resume().write(text);
  return socket;
}

const readers = () => server.ledger.accounts.filter(({ name }) => name.startsWith('api client '));

it('a client that leaves while its rights are checked takes no place', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.reviews.gate = promise;
  const client = send(FOLLOW);
  await until('the review', () => server.reviews.reviews === 1);
  client.destroy();
  await until('the end of the connection', () => client.closed);
  // The server has seen that once it has served another connection.
  expect((await server.ask('/healthz')).status).toBe(200);
  resolve();
  await until('the end of the review', () => server.hasSettled(1));
  expect((await server.ask('/ledger', 'admin')).status).toBe(200);
  expect(readers()).toEqual([]);
});

it('requests behind an endless answer on one connection take no places', async () => {
  const client = send(FOLLOW.repeat(3));
  await until('a reader', () => readers().length > 0);
  expect((await server.ask('/ledger', 'admin')).status).toBe(200);
  expect(readers()).toHaveLength(1);
  client.destroy();
  await until('the end of the reader', () => readers().length === 0);
});

it('a reader has a quarter of the places for clients, so that others find one', async () => {
  server.know('stranger');
  const clients = Array.from({ length: 64 }, () => send(FOLLOW.replace('of-admin', 'of-stranger')));
  await until('the last client', () => clients.filter(({ bytesRead }) => bytesRead > 0).length === 64);
  expect(readers()).toHaveLength(16);
  const refused = await server.ask('/flows', 'stranger');
  expect([refused.status, await refused.json()]).toEqual([
    503,
    { error: '16 clients of stranger are reading flows already' },
  ]);
  expect((await server.ask('/flows', 'admin')).status).toBe(200);
  for (const client of clients) client.destroy();
  await until('the end of the readers', () => readers().length === 0);
  expect((await server.ask('/flows', 'stranger')).status).toBe(200);
});
