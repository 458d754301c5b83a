import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Component } from '../runtime/index.ts';

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
    this.path = join(this.#folder, 'ipfix.sock');
  }

  async start(): Promise<void> {
    await mkdir(this.#folder, { mode: 0o700 });
  }

  async stop(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
