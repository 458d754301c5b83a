import { describe, expect, it } from 'vitest';
import { bindOpenSsl, openSsl } from '../../src/dtls/openssl.ts';

describe('OpenSSL inside Node', () => {
  it('has all functions that DTLS needs', () => {
    expect(openSsl().SSL_CTX_new).toBeTypeOf('function');
  });

  it('is refused with the name of a function that it lacks, and with what to do', () => {
    const bind = (prototype: string) => {
      if (prototype.includes('DTLSv1_listen')) throw new Error('cannot find it');
    };
    expect(() => bindOpenSsl(bind)).toThrow(
      expect.objectContaining({
        code: 'WEIR_DTLS_UNAVAILABLE',
        message: expect.stringMatching(
          /^DTLS: this Node \(v\S+\) does not export DTLSv1_listen of OpenSSL 3\./,
        ),
        remedy: 'Use a Node of nodejs.org or the one that Weir installs, or the transport tls',
      }),
    );
  });
});
