import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isAllowed, namesOf, peerNameOf, verificationFault, wrongName } from '../../src/tls/index.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { type Issued, TestAuthority } from '../support/test-authority.ts';

const names = (...of: string[]) => ({ names: of });

function issued(options: Issued = {}): X509Certificate {
  using directory = new TemporaryDirectory();
  const { certFile } = new TestAuthority(directory.path).issue('peer', options);
  return new X509Certificate(readFileSync(certFile));
}

requires('openssl')('the names of a certificate', () => {
  it.each<[Issued, string[]]>([
    [names('DNS:node-a', 'IP:10.0.0.1', 'IP:2001:db8::1'), ['node-a', '10.0.0.1', '2001:DB8:0:0:0:0:0:1']],
    [names('URI:spiffe://x/y', 'IP:10.0.0.1', 'DNS:b'), ['10.0.0.1', 'b']],
    [names('DNS:*.example.org'), ['*.example.org']],
    [{ ...names(), commonName: 'only common' }, ['only common']],
  ])('of %j are %j', (options, expected) => {
    expect(namesOf(issued(options))).toEqual(expected);
    expect(peerNameOf(issued(options))).toBe(expected[0]);
  });

  it('are not taken from a name with quotes and commas', () => {
    expect(namesOf(issued({ ...names(), commonName: 'a, DNS:root.example' }))).toEqual([
      'a, DNS:root.example',
    ]);
  });
});

describe('allowed names', () => {
  it.each<[string[], string[], boolean]>([
    [['node-a'], ['node-a'], true],
    [['NODE-A.example'], ['node-a.EXAMPLE'], true],
    [['node-b'], ['node-a'], false],
    [['other', '10.0.0.1'], ['10.0.0.1'], true],
    [['2001:DB8:0:0:0:0:0:1'], ['2001:db8::1'], true],
    [['a.example'], ['*.example'], true],
    [['a.b.example'], ['*.example'], false],
    [['example'], ['*.example'], false],
    [['*.example'], ['*.example'], true],
    [['10.0.0.1'], ['*.0.0.1'], false],
    [[], ['*.example'], false],
  ])('%j by %j: %s', (of, patterns, expected) => {
    expect(isAllowed(of, patterns)).toBe(expected);
  });
});

requires('openssl')('the message about a certificate', () => {
  const nowMs = Date.now();

  it('says since when it has expired', () => {
    const expired = issued({ fromDay: -9, toDay: -2 });
    const { kind, message } = verificationFault('CERT_HAS_EXPIRED', expired, nowMs);
    expect(kind).toBe('certificate expired');
    expect(message).toBe(
      `the certificate of localhost has expired since ${expired.validToDate.toISOString().replace('.000', '')}`,
    );
  });

  it('says from when it is valid', () => {
    const early = issued({ fromDay: 2, toDay: 9 });
    expect(verificationFault('CERT_NOT_YET_VALID', early, nowMs).message).toMatch(
      /^the certificate of localhost is not valid before \d{4}-/,
    );
  });

  it('does not blame it if its authority has expired', () => {
    expect(verificationFault('CERT_HAS_EXPIRED', issued(), nowMs).message).toBe(
      'an authority that signed the certificate of localhost has expired',
    );
  });

  it('names its unknown authority', () => {
    expect(verificationFault('UNABLE_TO_VERIFY_LEAF_SIGNATURE', issued(), nowMs)).toMatchObject({
      kind: 'unknown authority',
      message: 'unknown authority: "test-ca" signed the certificate of localhost',
    });
  });

  it('names its names and the wanted one', () => {
    expect(wrongName(issued(names('DNS:a', 'DNS:b')), 'aggregator')).toMatchObject({
      kind: 'wrong name',
      message: 'wrong name: the certificate has a, b, wanted aggregator',
    });
  });
});
