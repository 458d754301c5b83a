import { connect, type Server } from 'node:net';

/*
 * browser-relay.ts PORT: gets a listening socket of another network namespace from its parent and continues
 * each connection to that port of its own loopback.
 */
const port = Number(process.argv[2]);

process.on('message', (_, server) => {
  (server as Server).on('connection', (outside) => {
    const inside = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
    }
  });
  console.log('listening');
});
