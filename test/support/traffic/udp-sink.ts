import { createSocket } from 'node:dgram';

/*
 * udp-sink.ts PORT: takes datagrams and forgets them, so that their sender meets no "port unreachable". Both
 * families.
 */
const port = Number(process.argv[2]);
createSocket('udp6')
  .on('message', () => {})
  .bind(port, '::', () => console.log(`listening on ${port}`));
