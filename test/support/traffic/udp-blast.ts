import koffi from 'koffi';

/*
 * udp-blast.ts '{"host", "port", "ports", "datagrams", "octets", "perSecond"}': sends that many datagrams of
 * that much payload at that rate to an IPv4 host. They come from one socket, and go to `ports` ports in turn,
 * from `port` on. Prints JSON: {"localPort", "durationMs"}.
 *
 * It goes through the C library, one call a datagram, because Node's own sockets do not reach such rates.
 */
const { host, port, ports, datagrams, octets, perSecond } = JSON.parse(process.argv[2]!);

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCKADDR_IN_OCTETS = 16;

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)');
const bind = libc.func('int bind(int, void *, int)');
const getsockname = libc.func('int getsockname(int, void *, void *)');
const sendto = libc.func('intptr_t sendto(int, void *, size_t, int, void *, int)');

/** struct sockaddr_in: family (16, host order), port (16), address (32), 8 octets of nothing. */
function socketAddress(address: string, number: number): Buffer {
  const bytes = Buffer.alloc(SOCKADDR_IN_OCTETS);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(number, 2);
  for (const [i, octet] of address.split('.').entries()) bytes[4 + i] = Number(octet);
  return bytes;
}

function check(call: string, result: number): number {
  if (result < 0) throw new Error(`${call}: errno ${koffi.errno()}`);
  return result;
}

const fd = check('socket', socket(AF_INET, SOCK_DGRAM, 0));
const local = socketAddress('0.0.0.0', 0);
check('bind', bind(fd, local, local.length));
check('getsockname', getsockname(fd, local, Buffer.from([SOCKADDR_IN_OCTETS, 0, 0, 0])));
const payload = Buffer.alloc(octets);
const targets = Array.from({ length: ports }, (_, index) => socketAddress(host, port + index));
const sleeper = new Int32Array(new SharedArrayBuffer(4));

const startedAt = performance.now();
for (let sent = 0; sent < datagrams; ) {
  const due = Math.min(datagrams, Math.ceil(((performance.now() - startedAt) / 1000) * perSecond));
  for (; sent < due; sent++) {
    check('sendto', sendto(fd, payload, octets, 0, targets[sent % ports]!, SOCKADDR_IN_OCTETS));
  }
  if (sent < datagrams) Atomics.wait(sleeper, 0, 0, 1);
}
console.log(JSON.stringify({ localPort: local.readUInt16BE(2), durationMs: performance.now() - startedAt }));
