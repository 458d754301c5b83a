import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isOwnListener, listenersIn } from '../../../src/cli/server/own-listener.ts';

const heading =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
/** A line as the kernel writes it: port 10349 is 286D. */
const line = (local: string, state: string, uid: number) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 12345 1`;

describe('the listener that gets the token of a user', () => {
  it('is of the users that the kernel names', async () => {
    await using server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(listenersIn(readFileSync('/proc/net/tcp', 'utf8'), port)).toEqual([process.getuid!()]);
    expect(await isOwnListener(port)).toBe(true);
  });

  it('is on loopback or on every address, and no mere connection', () => {
    const sockets = [
      heading,
      line('0100007F:286D', '0A', 1000),
      line('00000000:286D', '0A', 1001),
      line('0100007F:286D', '01', 1002),
      line('0100007F:286E', '0A', 1003),
      line('0200007F:286D', '0A', 1004),
    ].join('\n');
    expect(listenersIn(sockets, 10_349)).toEqual([1000, 1001]);
  });
});
