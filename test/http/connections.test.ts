import { createServer, get, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { Connections } from '../../src/http/connections.ts';
import { until } from '../support/until.ts';

const MOST = 8;

let server: Server;
let port: number;
let excess = 0;
/** Answers that have not ended. */
const answers: ServerResponse[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  answers.length = 0;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Answers /follow without an end, and all else at once. */
async function serve(ofOne = MOST): Promise<void> {
  excess = 0;
  server = createServer(({ url }, response) => {
    if (url !== '/follow') return void response.end('here');
    response.write('a line\n');
    answers.push(response);
  });
  new Connections(server, { ofAll: MOST, ofOne }, () => excess++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
}

function dial(request: string, localAddress = '127.0.0.1'): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {});
  socket.write(request);
  sockets.push(socket.resume());
  return socket;
}

const ask = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const url = `http://127.0.0.1:${port}/`;
    get(url, { agent: false }, (response) => text(response).then(resolve, reject)).on('error', reject);
  });

const connections = (): Promise<number> =>
  new Promise((resolve) => server.getConnections((_, count) => resolve(count)));

const follow = 'GET /follow HTTP/1.1\r\nhost: localhost\r\n\r\n';

describe('at the maximum number of connections', () => {
  it('one without a request is closed for another, which is answered', async () => {
    await serve();
    for (let n = 0; n < 5 * MOST; n++) dial('GET / HTTP/1.1\r\nhost: loc');
    await until('all have come', () => excess === 4 * MOST);
    expect(await ask()).toBe('here');
    expect(excess).toBe(4 * MOST + 1);
    await until('the others have gone', async () => (await connections()) <= MOST);
  });

  it('one with a response in progress stays', async () => {
    await serve();
    const follower = dial(follow);
    await until('it is being answered', () => answers.length === 1);
    for (let n = 0; n < 3 * MOST; n++) dial('');
    await until('all have come', () => excess === 2 * MOST + 1);
    expect(follower.destroyed).toBe(false);
    expect(answers[0]!.destroyed).toBe(false);
  });

  it('the newest is closed while all have responses in progress, until one leaves', async () => {
    await serve();
    for (let n = 0; n < MOST; n++) dial(follow);
    await until('all are being answered', () => answers.length === MOST);
    await expect(ask()).rejects.toThrow();
    expect(excess).toBe(1);
    sockets[0]!.destroy();
    await until('it has left', () => answers[0]!.closed);
    expect(await ask()).toBe('here');
  });

  it('one with a finished response is closed for another', async () => {
    await serve();
    for (let n = 0; n < MOST; n++) dial(follow);
    await until('all are being answered', () => answers.length === MOST);
    answers[0]!.end();
    await until('the answer has ended', () => answers[0]!.closed);
    expect(await ask()).toBe('here');
    expect(excess).toBe(1);
  });
});

describe('at the maximum number of connections of one address', () => {
  const OF_ONE = MOST - 2;

  it('it closes its own, also while all of them have requests, and others stay', async () => {
    await serve(OF_ONE);
    const other = dial('GET / HTTP/1.1\r\nhost: loc', '127.0.0.2');
    await until('the other', async () => (await connections()) === 1);
    for (let n = 0; n < OF_ONE; n++) dial(follow);
    await until('all are being answered', () => answers.length === OF_ONE);
    for (let n = 0; n < 3 * MOST; n++) dial('');
    await until('all have come', () => excess === 3 * MOST);
    expect(answers.every(({ destroyed }) => !destroyed)).toBe(true);
    other.write('alhost\r\n\r\n');
    await until('its answer', () => other.bytesRead > 0);
    expect(other.destroyed).toBe(false);
  });
});
