import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Protocol, parseAddress } from '../../../src/flow/index.ts';
import { COMMUNITY_ID_LENGTH, writeCommunityId } from '../../../src/logs/flow-lines/community-id.ts';

function communityId(
  source: string,
  from: number,
  destination: string,
  to: number,
  protocol: number,
): string {
  const into = new Uint8Array(COMMUNITY_ID_LENGTH);
  const [one, other] = [source, destination].map((text) => Uint32Array.from(parseAddress(text)!));
  writeCommunityId(into, 0, one!, other!, 0, protocol, from, to);
  return `1:${new TextDecoder().decode(into)}`;
}

/** By the specification and Node's SHA-1, for connections whose source end is the smaller one. */
function expectedId(octets: number[]): string {
  return `1:${createHash('sha1').update(Uint8Array.from(octets)).digest('base64')}`;
}

describe('the Community ID', () => {
  it.each([
    ['128.232.110.120', 34855, '66.35.250.204', 80, Protocol.tcp, '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
    ['66.35.250.204', 80, '128.232.110.120', 34855, Protocol.tcp, '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
    ['192.168.0.89', 8, '192.168.0.1', 0, Protocol.icmp, '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
    ['192.168.0.1', 0, '192.168.0.89', 0, Protocol.icmp, '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
    [
      'fe80::200:86ff:fe05:80da',
      135,
      'fe80::260:97ff:fe07:69ea',
      0,
      Protocol.icmpv6,
      '1:dGHyGvjMfljg6Bppwm3bg0LO8TY=',
    ],
  ])(
    'for %s:%i -> %s:%i, protocol %i, is the published one',
    (source, from, destination, to, protocol, id) => {
      expect(communityId(source, from, destination, to, protocol)).toBe(id);
    },
  );

  it('keeps the direction of an unanswered ICMP message, with type and code', () => {
    const unreachable = [0, 0, 192, 0, 2, 9, 192, 0, 2, 1, 1, 0, 0, 3, 0, 1];
    expect(communityId('192.0.2.9', 3, '192.0.2.1', 1, Protocol.icmp)).toBe(expectedId(unreachable));
  });

  it('orders ends with the same address by port', () => {
    const octets = [0, 0, 127, 0, 0, 1, 127, 0, 0, 1, 6, 0, 0, 80, 0x9c, 0x40];
    expect(communityId('127.0.0.1', 40000, '127.0.0.1', 80, Protocol.tcp)).toBe(expectedId(octets));
    expect(communityId('127.0.0.1', 80, '127.0.0.1', 40000, Protocol.tcp)).toBe(expectedId(octets));
  });
});
