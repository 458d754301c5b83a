import { describe, expect, it } from 'vitest';
import { readLink } from '../../../src/exporter/links/link-state.ts';

/** An attribute of rtnetlink(7), padded to four octets. */
function attribute(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16LE(4 + value.length, 0);
  header.writeUInt16LE(type, 2);
  return Buffer.concat([header, value, Buffer.alloc(-value.length & 3)]);
}

const text = (value: string) => Buffer.from(`${value}\0`);
const word = (value: number) => Buffer.from(Uint32Array.of(value).buffer);

function link(index: number, ...attributes: Buffer[]) {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  const bytes = new Uint8Array(Buffer.concat([header, ...attributes]));
  return { bytes, start: 0, end: bytes.length };
}

const noSpeed = () => undefined;

describe("the kernel's message on a link", () => {
  it('has its name, kind and place, and 64-bit counters in the order of if_link.h', () => {
    const counters = BigUint64Array.from({ length: 24 }, (_, at) => BigInt(at + 1));
    counters[2] = 5_000_000_001n;
    const message = link(
      7,
      attribute(3, text('veth1')),
      attribute(5, word(2)),
      attribute(10, word(4)),
      attribute(23, Buffer.from(counters.buffer)),
      attribute(18 | 0x8000, Buffer.concat([attribute(1, text('veth')), attribute(2, word(0))])),
      attribute(37, word(0)),
    );
    expect(readLink(message, new Set([7]), (name) => (name === 'veth1' ? 10 : undefined))).toEqual({
      index: 7,
      name: 'veth1',
      kind: 'veth',
      isPort: true,
      hasPeerHere: false,
      holdsDefaultRoute: true,
      speedBitsPerSecond: 10,
      receivedPackets: 1,
      sentPackets: 2,
      receivedOctets: 5_000_000_001,
      sentOctets: 4,
      receivedErrors: 5,
      sentErrors: 6,
      receivedDropped: 7 + 16,
      sentDropped: 8,
    });
  });

  it('distinguishes a peer in the same namespace from one in another', () => {
    const parts = [attribute(3, text('a')), attribute(5, word(2))];
    expect(readLink(link(1, ...parts), new Set(), noSpeed).hasPeerHere).toBe(true);
    expect(readLink(link(1, ...parts, attribute(37, word(0))), new Set(), noSpeed).hasPeerHere).toBe(false);
  });

  it('has no kind if the link is hardware', () => {
    expect(readLink(link(2, attribute(3, text('eth0'))), new Set([1]), noSpeed)).toMatchObject({
      kind: '',
      isPort: false,
      hasPeerHere: false,
      holdsDefaultRoute: false,
    });
  });
});
