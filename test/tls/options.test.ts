import { describe, expect, it } from 'vitest';
import { collectingTlsOptions } from '../../src/tls/index.ts';

const read = (suite: string) => collectingTlsOptions.cipherSuites.read([suite]);

describe('a cipher suite', () => {
  it.each([
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'AES128-SHA',
  ])('is accepted by its name in OpenSSL: %s', (suite) => {
    expect(read(suite)).toEqual([suite]);
  });

  it.each([
    'NULL-SHA256',
    'ECDHE-ECDSA-NULL-SHA',
    'ADH-AES128-GCM-SHA256',
    'TLS_SHA256_SHA256',
    'eNULL',
    'ALL',
  ])('is refused without encryption or authentication: %s', (suite) => {
    expect(read(suite)).toBeUndefined();
  });

  it.each(['', 'AES', 'TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA:NULL-SHA256'])(
    'is refused if OpenSSL has none of that name: "%s"',
    (suite) => {
      expect(read(suite)).toBeUndefined();
    },
  );
});
