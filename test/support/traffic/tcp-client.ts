import { connect } from 'node:net';

/*
 * tcp-client.ts '{"host", "port", "octets", "connections", "concurrency", "holdMs"}': makes this many
 * connections, with this concurrency. Each sends these octets, ends its side and reads to the server's end.
 * Prints one JSON array of TcpConnection.
 */
const { host, port, octets, connections, concurrency, holdMs } = JSON.parse(process.argv[2]!);
const payload = Buffer.alloc(octets);
const done: { localPort: number; sent: number; received: number; durationMs: number }[] = [];

function converse(): Promise<void> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const socket = connect({ host, port, noDelay: true });
    let localPort = 0;
    let received = 0;
    socket.once('connect', () => {
      localPort = socket.localPort!;
      socket.write(payload);
      if (holdMs > 0) setTimeout(() => socket.end(), holdMs);
      else socket.end();
    });
    socket.on('data', (data) => {
      received += data.length;
    });
    socket.once('error', reject);
    socket.once('close', () => {
      done.push({ localPort, sent: socket.bytesWritten, received, durationMs: performance.now() - started });
      resolve();
    });
  });
}

let left = connections;
await Promise.all(
  Array.from({ length: Math.min(concurrency, connections) }, async () => {
    while (left-- > 0) await converse();
  }),
);
console.log(JSON.stringify(done));
