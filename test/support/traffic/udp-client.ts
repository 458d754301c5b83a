import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/*
 * udp-client.ts '{"host", "port", "octets", "datagrams", "localPort"}': sends datagrams from one socket, each
 * when the previous one has come back. Prints JSON: UdpExchange.
 */
const { host, port, octets, datagrams, localPort } = JSON.parse(process.argv[2]!);
const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
socket.bind(localPort);
await once(socket, 'listening');
let received = 0;
for (let i = 0; i < datagrams; i++) {
  socket.send(Buffer.alloc(octets), port, host);
  const [echo] = await once(socket, 'message', { signal: AbortSignal.timeout(60_000) });
  received += echo.length;
}
console.log(JSON.stringify({ localPort: socket.address().port, sent: octets * datagrams, received }));
socket.close();
