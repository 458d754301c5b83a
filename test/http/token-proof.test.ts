import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { TokenProof } from '../../src/http/token-proof.ts';
import type { TokenSource } from '../../src/http/token-source.ts';

const sourceOf = (token: string): TokenSource => ({
  read: async () => token,
  place: 'a test',
  cookieKey: Buffer.from('key'),
});
const token = 'a-token-of-some-length';

const request = (headers: Record<string, string> = {}, socket: object = {}): IncomingMessage =>
  ({ headers, socket: { localPort: 10349, remoteAddress: '127.0.0.1', ...socket } }) as never;

/** What a browser sends back. */
const sentBack = (cookie: string | undefined): string => cookie!.split(';')[0]!;

async function cookieOf(proof: TokenProof, socket: object = {}): Promise<string> {
  return sentBack(await proof.exchange(token, request({}, socket)));
}

describe('a token', () => {
  it('is exchanged for a cookie that scripts, other sites and other paths do not get', async () => {
    const cookie = await new TokenProof(sourceOf(token), '/weir').exchange(token, request());
    expect(cookie).toMatch(/^weir-10349-[0-9a-f]{8}=[\w-]{43}; Path=\/weir\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(token);
  });

  it.each([
    ['the server', {}, { encrypted: true }],
    ['a proxy before it', { 'x-forwarded-proto': 'https' }, {}],
  ])('is exchanged for a cookie for TLS only where %s has TLS', async (_, headers, socket) => {
    const cookie = await new TokenProof(sourceOf(token)).exchange(token, request(headers, socket));
    expect(cookie).toMatch(/; Secure$/);
  });

  it('is exchanged for nothing if it is another one', async () => {
    expect(await new TokenProof(sourceOf(token)).exchange(`${token}0`, request())).toBeUndefined();
    expect(await new TokenProof(sourceOf(token)).exchange('', request())).toBeUndefined();
  });
});

describe('a request', () => {
  it('shows the token by its header or by its cookie', async () => {
    const proof = new TokenProof(sourceOf(token));
    const cookie = await cookieOf(proof);
    expect(await proof.isShownBy(request({ authorization: `Bearer ${token}` }))).toBe(true);
    expect(await proof.isShownBy(request({ cookie }))).toBe(true);
    expect(await proof.isShownBy(request({ cookie: `other=1; ${cookie}; weir-1-00000000=x` }))).toBe(true);
  });

  it('shows nothing by a wrong one, nor by the token as a cookie', async () => {
    const proof = new TokenProof(sourceOf(token));
    const cookie = await cookieOf(proof);
    for (const headers of [
      {},
      { cookie: `${cookie}0` },
      { cookie: cookie.replace(/=.*/, `=${token}`) },
      { cookie: `x${cookie}` },
      { authorization: `Bearer ${cookie.split('=')[1]}` },
      { authorization: `Basic ${token}` },
    ]) {
      expect(await proof.isShownBy(request(headers as Record<string, string>))).toBe(false);
    }
  });

  it('shows nothing by a cookie for another token or for another server', async () => {
    const cookie = await cookieOf(new TokenProof(sourceOf(token)));
    expect(await new TokenProof(sourceOf('another-token-of-length')).isShownBy(request({ cookie }))).toBe(
      false,
    );
    const other = request({ cookie }, { localPort: 10350 });
    expect(await new TokenProof(sourceOf(token)).isShownBy(other)).toBe(false);
  });

  it('is answered with 429 after many wrong tokens, but its cookie still counts', async () => {
    const proof = new TokenProof(sourceOf(token), '', () => 0);
    const cookie = await cookieOf(proof);
    for (let count = 0; count < 30; count++) {
      expect(await proof.exchange('wrong', request())).toBeUndefined();
    }
    await expect(proof.exchange(token, request())).rejects.toMatchObject({ status: 429 });
    await expect(proof.isShownBy(request({ authorization: `Bearer ${token}` }))).rejects.toMatchObject({
      status: 429,
      message: 'too many wrong tokens from your address: try again in 2 s',
    });
    expect(await proof.isShownBy(request({ cookie }))).toBe(true);
    expect(await proof.exchange(token, request({}, { remoteAddress: '192.0.2.1' }))).toBeDefined();
  });
});
