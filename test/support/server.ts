import type { NetworkNamespace } from './namespace.ts';
import { Program } from './program.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

/** Where a test's server runs. */
export interface ServerPlace {
  /** Default: where the tests run, on loopback. */
  namespace?: NetworkNamespace;
  /** The address to listen on, default 127.0.0.1. */
  host?: string;
  /** Default 0: one that is free, which the started server knows. */
  port?: number;
}

/** `host:port` to listen on. */
export function listenAddress({ host = '127.0.0.1', port = 0 }: ServerPlace): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A foreign server that a test started, with a folder of its files that disappears with it. */
export class Server implements AsyncDisposable {
  readonly program: Program;
  readonly directory: TemporaryDirectory;

  constructor(program: Program, directory: TemporaryDirectory) {
    this.program = program;
    this.directory = directory;
  }

  async stop(): Promise<void> {
    await this.program.stop();
    this.directory[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/**
 * Starts a server and waits until it has printed each of these patterns. Its command may use the folder.
 * Returns the server with the matches. If it ends first, this throws and cleans up.
 */
export async function startServer(
  { namespace }: ServerPlace,
  command: (directory: TemporaryDirectory) => readonly string[],
  ready: readonly RegExp[],
): Promise<{ server: Server; said: RegExpMatchArray[] }> {
  const directory = new TemporaryDirectory();
  const words = command(directory);
  const server = new Server(namespace ? namespace.start(words) : new Program(words), directory);
  try {
    const said = [];
    for (const pattern of ready) said.push(await server.program.says(pattern));
    return { server, said };
  } catch (error) {
    await server.stop().catch(() => {});
    throw error;
  }
}
