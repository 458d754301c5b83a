import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, commandsIn } from './document-blocks.ts';
import { createNamespace, type NetworkNamespace } from './namespace.ts';
import type { Program } from './program.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

const root = join(import.meta.dirname, '../..');

/**
 * A host on which somebody follows a document: a network namespace, a name, and a folder that looks like a
 * checkout. Blocks run there unchanged, except for these paths, which lie in that folder: /etc/weir,
 * /run/weir, /var/log/weir and /var/lib/weir. `sudo` runs the rest of the line, since the tests are already
 * root.
 */
export class GuidedHost implements AsyncDisposable {
  readonly namespace: NetworkNamespace;
  readonly #name: string;
  readonly #directory = new TemporaryDirectory();

  constructor(namespace: NetworkNamespace, name: string) {
    this.namespace = namespace;
    this.#name = name;
    for (const entry of readdirSync(root)) {
      if (!entry.startsWith('.')) symlinkSync(join(root, entry), this.file(entry));
    }
    for (const folder of ['etc/weir', 'run', 'var/log', 'var/lib', 'on-path']) {
      mkdirSync(this.file(folder), { recursive: true });
    }
    symlinkSync(join(root, 'bin/weir'), this.file('on-path/weir'));
    writeFileSync(this.file('on-path/sudo'), '#!/bin/sh\nexec "$@"\n');
    chmodSync(this.file('on-path/sudo'), 0o755);
  }

  file(path: string): string {
    return this.#directory.file(path);
  }

  /** A text of a document with this host's paths. */
  placed(text: string): string {
    return text.replace(/\/(?:etc|run|var\/log|var\/lib)\/weir\b/g, (path) => this.file(path.slice(1)));
  }

  write(path: string, text: string): void {
    writeFileSync(this.file(path), this.placed(text));
  }

  /** Runs a block's commands to their end and returns their output. @throws {Error} when one fails */
  run(block: Block): Promise<string> {
    return this.namespace.run(this.#command(commandsIn(block)), this.#options);
  }

  /** Starts a block's commands, as the leader of a process group. */
  start(block: Block): Program {
    return this.startText(commandsIn(block));
  }

  startText(commands: string): Program {
    return this.namespace.start(this.#command(commands), this.#options);
  }

  runText(commands: string): Promise<string> {
    return this.namespace.run(this.#command(commands), this.#options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.namespace.close();
    this.#directory[Symbol.dispose]();
  }

  #command(commands: string): string[] {
    const script = `hostname ${this.#name}\nset -e\n${this.placed(commands)}`;
    return ['setsid', 'unshare', '--uts', 'sh', '-c', script];
  }

  get #options() {
    const environment = { PATH: `${this.file('on-path')}:${process.env.PATH}`, USER: 'root' };
    return { directory: this.file('.'), environment };
  }
}

export async function guidedHost(name: string): Promise<GuidedHost> {
  return new GuidedHost(await createNamespace(name), name);
}

/** Acts like Ctrl-C: SIGINT to all processes of the block. */
export function interrupt(program: Program): void {
  process.kill(-program.pid, 'SIGINT');
}
