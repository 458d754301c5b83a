import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Component } from '../runtime/index.ts';

const SOCKET = 'ipfix.sock';
const folderName = /^weir-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * A place for a socket that nobody but this user can connect to: in a folder of its own that only this user may enter. On a port of loopback
 * every user of the host could. The folder goes at the end.
 */
export class PrivateSocket implements Component {
  readonly name = 'private socket';
  readonly path: string;
  readonly #folder: string;

  constructor() {
    this.#folder = join(tmpdir(), `weir-${randomUUID()}`);
    this.path = join(this.#folder, SOCKET);
  }

  async start(): Promise<void> {
    await removeLeftFolders();
    await mkdir(this.#folder, { mode: 0o700 });
  }

  async stop(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Removes what processes of this user have left that were killed: folders whose socket nobody listens on. */
async function removeLeftFolders(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => folderName.test(name));
  for (const folder of names.map((name) => join(tmpdir(), name))) {
    if (await isLeft(folder)) await rm(folder, { recursive: true, force: true });
  }
}

async function isLeft(folder: string): Promise<boolean> {
  try {
    const { uid } = await lstat(folder);
    if (uid !== process.geteuid?.()) return false;
    const connection = connect(join(folder, SOCKET));
    await once(connection, 'connect').finally(() => connection.destroy());
    return false;
  } catch (error) {
    // Without a socket it may be of a process that is about to listen.
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  }
}
