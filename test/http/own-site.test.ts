import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { OwnSite } from '../../src/http/own-site.ts';

const isAnswered = (
  headers: Record<string, string>,
  { isLocal = true, isPage = false, method = 'GET', names = [] as string[] } = {},
): boolean => {
  try {
    new OwnSite({ isLocal, names }).expect({ method, headers } as never as IncomingMessage, isPage);
    return true;
  } catch {
    return false;
  }
};
const host = 'localhost:10349';

describe('a server that only this host can ask', () => {
  it.each([
    'localhost',
    'LOCALHOST:10349',
    '127.0.0.1:10349',
    '127.1.2.3',
    '[::1]:10349',
    'localhost:8080', // a port forwarding
  ])('answers for %s', (name) => {
    expect(isAnswered({ host: name })).toBe(true);
  });

  it.each([
    'evil.example:10349',
    'localhost.:10349',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1.',
    'evil.example#localhost',
    'localhost@evil.example',
    '[::ffff:127.0.0.1]',
    '0.0.0.0:10349',
    '',
  ])('does not answer for "%s"', (name) => {
    expect(isAnswered({ host: name })).toBe(false);
  });

  it('answers for the names that its options have, at any port', () => {
    const names = ['Weir.example'];
    expect(isAnswered({ host: 'weir.example' }, { names })).toBe(true);
    expect(isAnswered({ host: 'WEIR.example:8443' }, { names })).toBe(true);
    expect(isAnswered({ host: 'not.weir.example' }, { names })).toBe(false);
  });
});

it('a server that other hosts can ask answers for any name', () => {
  expect(isAnswered({ host: 'weir-aggregator.weir.svc:9464' }, { isLocal: false })).toBe(true);
  expect(isAnswered({}, { isLocal: false })).toBe(true);
});

describe.each([true, false])('a request of a page (server of this host only: %s)', (isLocal) => {
  it.each([
    ['without an origin', {}],
    ['of the same origin', { origin: 'http://localhost:10349' }],
    ['that the browser calls of the same origin', { 'sec-fetch-site': 'same-origin' }],
    ['that somebody typed', { 'sec-fetch-site': 'none' }],
  ])('%s is answered', (_, headers) => {
    expect(isAnswered({ host, ...headers }, { isLocal })).toBe(true);
  });

  it.each([
    ['of another site', { origin: 'https://evil.example' }],
    ['of another port', { origin: 'http://localhost:3000' }],
    ['of another name of this host', { origin: 'http://127.0.0.1:10349' }],
    ['of a file or a sandbox', { origin: 'null' }],
    ['of an extension', { origin: 'chrome-extension://localhost:10349' }],
    ['that the browser calls of another site', { 'sec-fetch-site': 'cross-site' }],
    ['that the browser calls of the same site', { 'sec-fetch-site': 'same-site' }],
  ])('%s is refused', (_, headers) => {
    expect(isAnswered({ host, ...headers }, { isLocal })).toBe(false);
  });

  it('behind a proxy that does not pass the name on is answered, if the options have the name', () => {
    const headers = { host: '127.0.0.1:10349', origin: 'https://weir.example' };
    expect(isAnswered(headers, { isLocal, names: ['weir.example'] })).toBe(true);
    expect(isAnswered(headers, { isLocal })).toBe(false);
  });
});

describe('a link on another site', () => {
  const followed = {
    host,
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  };

  it('leads to a page for people, but to nothing else', () => {
    expect(isAnswered(followed, { isPage: true })).toBe(true);
    expect(isAnswered(followed)).toBe(false);
  });

  it.each([
    ['a frame', { 'sec-fetch-dest': 'iframe' }, 'GET'],
    ['a script', { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' }, 'GET'],
    ['a form', { origin: 'https://evil.example' }, 'POST'],
    ['a form without an origin', {}, 'POST'],
  ])('is no link as %s', (_, headers, method) => {
    expect(isAnswered({ ...followed, ...headers }, { isPage: true, method })).toBe(false);
  });

  it('does not lead there by another name of this host', () => {
    expect(isAnswered({ ...followed, host: 'evil.example' }, { isPage: true })).toBe(false);
  });
});
