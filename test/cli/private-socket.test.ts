import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { PrivateSocket } from '../../src/cli/private-socket.ts';
import { Program } from '../support/program.ts';

it('a private socket removes the folders of killed processes, and no others', async () => {
  const [killed, alive, starting] = [1, 2, 3].map(() => join(tmpdir(), `weir-${randomUUID()}`));
  for (const folder of [killed!, alive!, starting!]) mkdirSync(folder, { mode: 0o700 });
  const listen = `require('node:net').createServer().listen(process.argv[1], () => console.log('listens'))`;
  await using program = new Program([process.execPath, '-e', listen, join(killed!, 'ipfix.sock')]);
  await program.says(/listens/);
  await program.stop('SIGKILL');
  const server = createServer().listen(join(alive!, 'ipfix.sock'));
  await once(server, 'listening');
  const socket = new PrivateSocket();
  try {
    await socket.start();
    const there = [killed!, alive!, starting!, dirname(socket.path)].map((folder) => existsSync(folder));
    expect(there).toEqual([false, true, true, true]);
    await socket.stop();
    expect(existsSync(dirname(socket.path))).toBe(false);
  } finally {
    server.close();
    for (const folder of [killed!, alive!, starting!]) rmSync(folder, { recursive: true, force: true });
  }
});
