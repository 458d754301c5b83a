import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  FileCertificate,
  HttpServer,
  type HttpsOptions,
  healthRoutes,
  type ServerCertificate,
} from '../../src/http/index.ts';
import { Log, systemClock } from '../../src/runtime/index.ts';
import { parseCipherSuites } from '../../src/tls/index.ts';
import { loopbackTls } from '../support/loopback-tls.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { install, TestAuthority } from '../support/test-authority.ts';
import { until } from '../support/until.ts';

const servers: HttpServer[] = [];
const sockets: Socket[] = [];
let lines: string[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await server.stop();
  lines = [];
});

let log: Log;

beforeEach(() => {
  log = new Log(systemClock, (line) => lines.push(line));
});

const ofFiles = (paths = loopbackTls) => new FileCertificate(paths, { name: 'api', clock: systemClock, log });

async function serve(options: Partial<HttpsOptions> = {}): Promise<HttpServer> {
  const server = new HttpServer({ host: '', port: 0 }, healthRoutes({ isReady: true, problems: [] }), log, {
    name: 'api',
    https: { certificate: ofFiles(), minVersion: 'VersionTLS12', ...options },
  });
  servers.push(server);
  await server.start();
  return server;
}

const portOf = ({ url }: HttpServer): number => Number(new URL(url).port);

const ask = (server: HttpServer, ca = readFileSync(loopbackTls.caFile)): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: portOf(server), path: '/healthz', ca, agent: false };
    request(options, (response) => resolve(text(response)))
      .on('error', reject)
      .end();
  });

/** A session of TLS, or the code of the error of the handshake. */
const handshake = (server: HttpServer, options: ConnectionOptions = {}): Promise<TLSSocket | string> =>
  new Promise((resolve) => {
    const socket = connect({
      port: portOf(server),
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...options,
    });
    sockets.push(socket);
    socket.on('secureConnect', () => resolve(socket));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'));
  });

async function sessionOf(server: HttpServer, options: ConnectionOptions = {}) {
  const socket = await handshake(server, options);
  if (typeof socket === 'string') throw new Error(socket);
  return { version: socket.getProtocol(), suite: socket.getCipher().name };
}

describe('a server with TLS', () => {
  it('answers over TLS 1.3 on every address, and says so', async () => {
    const server = await serve();
    expect(await ask(server)).toBe('{"status":"ok"}\n');
    expect(await sessionOf(server)).toMatchObject({ version: 'TLSv1.3' });
    expect(server.url).toMatch(/^https:/);
    expect(lines.join('\n')).toContain(`answers on ${server.url}`);
  });

  it('has no session below 1.2, or below its lowest version', async () => {
    const server = await serve();
    expect(await sessionOf(server, { maxVersion: 'TLSv1.2' })).toMatchObject({ version: 'TLSv1.2' });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    expect(await handshake(server, old)).toMatch(/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
    const newest = await serve({ minVersion: 'VersionTLS13' });
    expect(await handshake(newest, { maxVersion: 'TLSv1.2' })).toMatch(/PROTOCOL_VERSION/);
    await until('a line of the log', () => lines.some((line) => line.includes('no TLS with')));
  });

  it('accepts only the listed suites of TLS 1.2, and all of 1.3', async () => {
    const listed = 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384';
    const server = await serve({ cipherSuites: parseCipherSuites(listed) });
    const { suite } = await sessionOf(server, { maxVersion: 'TLSv1.2' });
    expect(suite).toMatch(/^ECDHE-(ECDSA|RSA)-AES256-GCM-SHA384$/);
    const other = {
      maxVersion: 'TLSv1.2',
      ciphers: suite.replace('AES256-GCM-SHA384', 'AES128-GCM-SHA256'),
    } as const;
    expect(await handshake(server, other)).toMatch(/HANDSHAKE_FAILURE/);
    expect(await sessionOf(server)).toMatchObject({ version: 'TLSv1.3' });
  });

  it('does not start without its files, and says how to make them', async () => {
    const certificate = ofFiles({ ...loopbackTls, certFile: '/nowhere/api.crt' });
    await expect(serve({ certificate })).rejects.toMatchObject({ code: 'WEIR_TLS_FILES_MISSING' });
  });

  it('shows what its source has now, and asks the source to stop', async () => {
    const own: ServerCertificate = {
      cert: readFileSync(loopbackTls.certFile),
      key: readFileSync(loopbackTls.keyFile, 'utf8'),
    };
    const happened: string[] = [];
    const certificate = {
      start: async () => void happened.push('start'),
      stop: () => void happened.push('stop'),
      heed: () => void happened.push('heed'),
      current: own,
    };
    const server = await serve({ certificate });
    expect(await ask(server)).toBe('{"status":"ok"}\n');
    await server.stop();
    expect(happened).toEqual(['start', 'heed', 'stop']);
  });

  it('stops while clients are in the middle of a handshake, or idle', async () => {
    const server = await serve();
    const silent = connectPlain(portOf(server), '127.0.0.1').on('error', () => {});
    sockets.push(silent);
    await handshake(server);
    await server.stop();
    await until('the connections have ended', () => sockets.every(({ destroyed }) => destroyed));
  });

  it('closes idle connections and unfinished handshakes for new ones', async () => {
    const server = await serve();
    await handshake(server);
    for (let n = 0; n < 300; n++)
      sockets.push(connectPlain(portOf(server), '127.0.0.1').on('error', () => {}));
    await until('more than there may be', () => sockets.filter(({ closed }) => closed).length >= 45);
    expect(await ask(server)).toBe('{"status":"ok"}\n');
    expect(lines.some((line) => line.includes('closed a connection'))).toBe(true);
  });

  it('says in its log that a client speaks no TLS', async () => {
    const server = await serve();
    const socket = connectPlain(portOf(server), '127.0.0.1').on('error', () => {});
    sockets.push(socket);
    socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await until('a line of the log', () => lines.some((line) => /no TLS with .*ERR_SSL/.test(line)));
  });
});

requires('openssl')('a server with TLS whose files change', () => {
  it('shows the new certificate to new connections', async () => {
    using directory = new TemporaryDirectory();
    const authority = new TestAuthority(directory.path);
    const paths = authority.issue('first');
    const server = await serve({ certificate: ofFiles({ ...loopbackTls, ...paths }) });
    const nameOf = async () => {
      const socket = await handshake(server);
      return typeof socket === 'string' ? socket : socket.getPeerCertificate().subject.CN;
    };
    expect(await nameOf()).toBe('first');
    install(authority.issue('second'), paths);
    await until('the new certificate', async () => (await nameOf()) === 'second', { everyMs: 200 });
  });
});
