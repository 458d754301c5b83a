import { createSocket } from 'node:dgram';

/*
 * udp-sink.ts PORT: receives and discards datagrams, so that their sender gets no "port unreachable". Both
 * families.
 */
const port = Number(process.argv[2]);
createSocket('udp6')
  .on('message', () => {})
  .bind(port, '::', () => console.log(`listening on ${port}`));
