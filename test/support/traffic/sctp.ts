import { isIPv6 } from 'node:net';
import koffi from 'koffi';

/*
 * SCTP (RFC 9260) in raw IP packets, only the part that one association needs. A kernel without SCTP sockets
 * still tracks it.
 *
 *   sctp.ts serve ADDRESS PORT
 *   sctp.ts associate '{"from", "host", "port", "localPort", "chunks", "octets"}'   prints SctpAssociation
 *
 * A packet (section 3):
 *   0      2      4              8              12     13     14       16
 *   | from | to   | verification | CRC32c       | type | flags| length | the chunk's value, padded
 *                   tag            (little-endian)             of the chunk with this header
 */

const DATA = 0;
const INIT = 1;
const INIT_ACK = 2;
const SACK = 3;
const SHUTDOWN = 7;
const SHUTDOWN_ACK = 8;
const COOKIE_ECHO = 10;
const COOKIE_ACK = 11;
const SHUTDOWN_COMPLETE = 14;

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_RAW = 3;
const IPPROTO_SCTP = 132;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;

const empty = Buffer.alloc(0);

interface Asked {
  from: string;
  host: string;
  port: number;
  localPort: number;
  chunks: number;
  octets: number;
}

interface Packet {
  from: number;
  to: number;
  tag: number;
  type: number;
  value: Buffer;
  /** With the IP header. */
  octets: number;
}

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)');
const bind = libc.func('int bind(int, void *, int)');
const setsockopt = libc.func('int setsockopt(int, int, int, void *, int)');
const sendto = libc.func('intptr_t sendto(int, void *, size_t, int, void *, int)');
const recvfrom = libc.func('intptr_t recvfrom(int, void *, size_t, int, void *, void *)');
const inetPton = libc.func('int inet_pton(int, const char *, void *)');

/** A raw socket of one local address. */
class RawSctp {
  readonly #fd: number;
  readonly #isIPv6: boolean;
  readonly #buffer = Buffer.alloc(65_536);

  constructor(address: string, timeoutMs: number) {
    this.#isIPv6 = isIPv6(address);
    this.#fd = check('socket', socket(this.#isIPv6 ? AF_INET6 : AF_INET, SOCK_RAW, IPPROTO_SCTP));
    const local = sockaddr(address);
    check('bind', bind(this.#fd, local, local.length));
    const timeout = Buffer.alloc(16); // struct timeval: seconds, microseconds
    timeout.writeBigInt64LE(BigInt(Math.floor(timeoutMs / 1000)), 0);
    timeout.writeBigInt64LE(BigInt((timeoutMs % 1000) * 1000), 8);
    check('setsockopt', setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.length));
  }

  /** Sends one chunk and returns the packet's octets with its IP header. */
  send(to: Buffer, ports: { from: number; to: number }, tag: number, type: number, value: Buffer): number {
    const packet = Buffer.alloc(16 + Math.ceil(value.length / 4) * 4);
    packet.writeUInt16BE(ports.from, 0);
    packet.writeUInt16BE(ports.to, 2);
    packet.writeUInt32BE(tag, 4);
    packet.writeUInt8(type, 12);
    packet.writeUInt8(type === DATA ? 3 : 0, 13); // first and last fragment
    packet.writeUInt16BE(4 + value.length, 14);
    value.copy(packet, 16);
    packet.writeUInt32LE(crc32c(packet), 8);
    check('sendto', sendto(this.#fd, packet, packet.length, 0, to, to.length));
    return packet.length + (this.#isIPv6 ? 40 : 20);
  }

  /** Waits for the next packet. A raw IPv4 socket gives the IP header as well, an IPv6 one does not. */
  receive(): { packet: Packet; sender: Buffer } {
    const sender = Buffer.alloc(28);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(sender.length);
    const octets = check(
      'recvfrom',
      recvfrom(this.#fd, this.#buffer, this.#buffer.length, 0, sender, length),
    );
    const header = this.#isIPv6 ? 0 : (this.#buffer[0]! & 15) * 4;
    const bytes = this.#buffer.subarray(header, octets);
    const packet = {
      from: bytes.readUInt16BE(0),
      to: bytes.readUInt16BE(2),
      tag: bytes.readUInt32BE(4),
      type: bytes.readUInt8(12),
      value: Buffer.from(bytes.subarray(16, 12 + bytes.readUInt16BE(14))),
      octets: octets + (this.#isIPv6 ? 40 : 0),
    };
    return { packet, sender: sender.subarray(0, this.#isIPv6 ? 28 : 16) };
  }
}

function check(call: string, result: number): number {
  if (result < 0) throw new Error(`${call}: errno ${koffi.errno()}`);
  return result;
}

/** struct sockaddr_in or sockaddr_in6 without a port. */
function sockaddr(address: string): Buffer {
  const family = isIPv6(address) ? AF_INET6 : AF_INET;
  const bytes = Buffer.alloc(family === AF_INET6 ? 28 : 16);
  bytes.writeUInt16LE(family, 0);
  const parsed = bytes.subarray(family === AF_INET6 ? 8 : 4);
  if (inetPton(family, address, parsed) !== 1) throw new Error(`not an address: ${address}`);
  return bytes;
}

/**
 * CRC32c (Castagnoli, reflected 0x82f63b78) of a packet whose checksum field is zero: RFC 9260 appendix A.
 */
function crc32c(packet: Buffer): number {
  let crc = 0xffff_ffff;
  for (const octet of packet) {
    crc ^= octet;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  return ~crc >>> 0;
}

/** The value of INIT and INIT ACK: our tag, receive window, streams out and in, first TSN, parameters. */
function initValue(tag: number, parameters: Buffer = empty): Buffer {
  const value = Buffer.alloc(16);
  value.writeUInt32BE(tag, 0);
  value.writeUInt32BE(65_536, 4);
  value.writeUInt16BE(1, 8);
  value.writeUInt16BE(1, 10);
  value.writeUInt32BE(1, 12);
  return Buffer.concat([value, parameters]);
}

/** A state cookie parameter (type 7) of four octets. */
const cookie: Buffer = Buffer.from([0, 7, 0, 8, 1, 2, 3, 4]);
const serverTag = 0x5e_54_e4_01;
const clientTag = 0xc1_1e_47_01;

function serve(address: string, port: number): void {
  const raw = new RawSctp(address, 60_000);
  console.log(`listening on ${port}`);
  for (;;) {
    const { packet, sender } = raw.receive();
    if (packet.to !== port) continue;
    const answer = (type: number, value: Buffer = empty) =>
      raw.send(sender, { from: port, to: packet.from }, clientTag, type, value);
    if (packet.type === INIT) answer(INIT_ACK, initValue(serverTag, cookie));
    if (packet.type === COOKIE_ECHO) answer(COOKIE_ACK);
    if (packet.type === DATA) answer(SACK, sackOf(packet.value.readUInt32BE(0)));
    if (packet.type === SHUTDOWN) answer(SHUTDOWN_ACK);
  }
}

/** Cumulative TSN, window, no gaps, no duplicates. */
function sackOf(tsn: number): Buffer {
  const value = Buffer.alloc(12);
  value.writeUInt32BE(tsn, 0);
  value.writeUInt32BE(65_536, 4);
  return value;
}

function associate({ from, host, port, localPort, chunks, octets }: Asked): void {
  const raw = new RawSctp(from, 60_000);
  const to = sockaddr(host);
  const counted = { localPort, sentPackets: 0, sentOctets: 0, receivedPackets: 0, receivedOctets: 0 };
  const say = (tag: number, type: number, value: Buffer = empty) => {
    counted.sentOctets += raw.send(to, { from: localPort, to: port }, tag, type, value);
    counted.sentPackets++;
  };
  const hear = (type: number) => {
    for (;;) {
      const { packet } = raw.receive();
      if (packet.from !== port || packet.to !== localPort || packet.type !== type) continue;
      counted.receivedPackets++;
      counted.receivedOctets += packet.octets;
      return;
    }
  };
  say(0, INIT, initValue(clientTag));
  hear(INIT_ACK);
  say(serverTag, COOKIE_ECHO, cookie.subarray(4));
  hear(COOKIE_ACK);
  for (let tsn = 1; tsn <= chunks; tsn++) {
    const header = Buffer.alloc(12); // TSN, stream, sequence in the stream, protocol
    header.writeUInt32BE(tsn, 0);
    say(serverTag, DATA, Buffer.concat([header, Buffer.alloc(octets)]));
    hear(SACK);
  }
  const last = Buffer.alloc(4); // cumulative TSN of what we received
  say(serverTag, SHUTDOWN, last);
  hear(SHUTDOWN_ACK);
  say(serverTag, SHUTDOWN_COMPLETE);
  console.log(JSON.stringify(counted));
}

const [role, ...args] = process.argv.slice(2);
if (role === 'serve') serve(args[0]!, Number(args[1]));
else associate(JSON.parse(args[0]!));
