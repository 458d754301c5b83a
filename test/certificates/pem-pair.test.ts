import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { newAuthorityPair, newLeafPair, type PemPair } from '../../src/certificates/index.ts';
import { namesOf } from '../../src/tls/index.ts';

const now = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

const isPair = ({ certificate, key }: PemPair): boolean =>
  new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));

it('an authority and a certificate by it can be made in memory', async () => {
  const authority = await newAuthorityPair(now, 30);
  const names = ['aggregator.example.org', '192.0.2.1'];
  const leaf = await newLeafPair(authority, { role: 'aggregator', names, days: 365 }, now);
  expect([authority, leaf].map(isPair)).toEqual([true, true]);
  const [signer, signed] = [authority, leaf].map(({ certificate }) => new X509Certificate(certificate));
  expect(signer!.ca).toBe(true);
  expect(signed!.ca).toBe(false);
  expect(signed!.verify(signer!.publicKey)).toBe(true);
  expect(namesOf(signed!)).toEqual(names);
  for (const { validFromDate, validToDate } of [signer!, signed!]) {
    expect(validFromDate.getTime()).toBe(now - 3_600_000);
    expect(validToDate.getTime()).toBe(now + 30 * DAY_MS);
  }
});

it('two authorities have different names, since some libraries find a signer by its name', async () => {
  const [one, other] = await Promise.all([newAuthorityPair(now, 30), newAuthorityPair(now, 30)]);
  expect(new X509Certificate(one.certificate).subject).not.toBe(
    new X509Certificate(other.certificate).subject,
  );
});
