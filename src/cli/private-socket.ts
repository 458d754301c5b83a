import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isListening } from '../http/index.ts';
import type { Component } from '../runtime/index.ts';

const SOCKET = 'ipfix.sock';
const folderName = /^weir-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * A place for a socket that nobody but this user can connect to: in a folder of its own that only this user
 * may enter. On a port of loopback every user of the host could. The folder goes at the end.
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

/** One without a socket may be of a process that is about to listen. */
async function isLeft(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return found?.uid === process.geteuid?.() && !(await isListening(join(folder, SOCKET)));
}
