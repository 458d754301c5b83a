import { createServer } from 'node:net';

/*
 * tcp-server.ts PORT REPLY_OCTETS: for each connection reads to the client's end, then answers that many
 * octets and ends. Both families.
 */
const [port, replyOctets] = process.argv.slice(2).map(Number);
const reply = Buffer.alloc(replyOctets!);

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {}); // the client's side reports what went wrong
  socket.on('end', () => socket.end(reply));
  socket.resume();
});
server.listen({ port: port!, host: '::', backlog: 4096 }, () => console.log(`listening on ${port}`));
