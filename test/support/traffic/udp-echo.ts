import { createSocket } from 'node:dgram';

/* udp-echo.ts PORT: sends each datagram back. Both families. */
const port = Number(process.argv[2]);
const socket = createSocket('udp6');
socket.on('message', (datagram, from) => socket.send(datagram, from.port, from.address));
socket.bind(port, '::', () => console.log(`listening on ${port}`));
