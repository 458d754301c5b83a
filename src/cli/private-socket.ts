import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isListening } from '../http/index.ts';
import type { Component } from '../runtime/index.ts';

const SOCKET = 'ipfix.sock';
const folderName = /^weir-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The path of a Unix socket to which only this user can connect: it lies in a folder that only this user may
 * enter. To a loopback port, every user of the host could connect. The folder is removed at the end.
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

/** Removes the leftovers of this user's killed processes: folders whose socket has no listener. */
async function removeLeftFolders(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => folderName.test(name));
  for (const folder of names.map((name) => join(tmpdir(), name))) {
    if (await isLeft(folder)) await rm(folder, { recursive: true, force: true });
  }
}

/** A folder without a socket may belong to a process that is about to listen. */
async function isLeft(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return found?.uid === process.geteuid?.() && !(await isListening(join(folder, SOCKET)));
}
