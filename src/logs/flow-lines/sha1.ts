const schedule = new Int32Array(80);

/**
 * SHA-1 (FIPS 180-4) of up to 55 octets, which fit one block. `block` has 64 octets, zero after `length`, and
 * is changed. Node's own takes ten times as long for this little, and allocates.
 */
export function sha1OfBlock(block: Uint8Array, length: number, digest: Uint8Array): void {
  block[length] = 0x80;
  const bits = length * 8;
  block[62] = bits >>> 8;
  block[63] = bits;
  const w = schedule;
  for (let i = 0; i < 16; i++) {
    const at = i * 4;
    w[i] = (block[at]! << 24) | (block[at + 1]! << 16) | (block[at + 2]! << 8) | block[at + 3]!;
  }
  for (let i = 16; i < 80; i++) {
    const x = w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!;
    w[i] = (x << 1) | (x >>> 31);
  }
  let a = 0x67452301;
  let b = 0xefcdab89 | 0;
  let c = 0x98badcfe | 0;
  let d = 0x10325476;
  let e = 0xc3d2e1f0 | 0;
  for (let i = 0; i < 80; i++) {
    let f: number;
    if (i < 20) f = ((b & c) | (~b & d)) + 0x5a827999;
    else if (i < 40) f = (b ^ c ^ d) + 0x6ed9eba1;
    else if (i < 60) f = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    else f = (b ^ c ^ d) + 0xca62c1d6;
    const next = (((a << 5) | (a >>> 27)) + f + e + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  putWord(digest, 0, a + 0x67452301);
  putWord(digest, 4, b + 0xefcdab89);
  putWord(digest, 8, c + 0x98badcfe);
  putWord(digest, 12, d + 0x10325476);
  putWord(digest, 16, e + 0xc3d2e1f0);
}

function putWord(digest: Uint8Array, at: number, word: number): void {
  digest[at] = word >>> 24;
  digest[at + 1] = word >>> 16;
  digest[at + 2] = word >>> 8;
  digest[at + 3] = word;
}
