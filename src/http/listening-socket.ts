import { once } from 'node:events';
import { lstat, mkdir, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { expectGuardedFolder, WeirError } from '../runtime/index.ts';

/**
 * Denied to the owner and the group: execute; to all others: everything. Connecting takes the right to write.
 */
const DENIED = 0o117;

/**
 * Listens on a Unix socket to which its owner and its group may connect. Makes its folder when missing, and
 * replaces a socket that a dead process has left.
 * @throws {WeirError} WEIR_HTTP_SOCKET; an error with code EADDRINUSE when another process listens there
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    await expectGuardedFolder(dirname(path), true);
    await expectFree(path);
    await bindSocket(server, path);
  } catch (cause) {
    if (cause instanceof WeirError || (cause as NodeJS.ErrnoException).code === 'EADDRINUSE') throw cause;
    throw new WeirError('WEIR_HTTP_SOCKET', `cannot listen on ${path}: ${(cause as Error).message}`, {
      remedy: 'Name a socket in a folder that this process may write to.',
      cause,
    });
  }
}

/**
 * The umask belongs to the whole process. It is set for the one call that creates the socket, so that the
 * socket is never open to others.
 */
async function bindSocket(server: Server, path: string): Promise<void> {
  const before = process.umask(DENIED);
  const listening = once(server, 'listening');
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
  await listening;
}

async function expectFree(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new WeirError('WEIR_HTTP_SOCKET', `${path} is there and is no socket`, {
      remedy: 'Remove it, or name another path.',
    });
  }
  if (await isListening(path)) throw Object.assign(new Error(`${path} is in use`), { code: 'EADDRINUSE' });
  await rm(path, { force: true });
}

/** Whether a process listens on a Unix socket, or may: only a refused connection shows that none does. */
export async function isListening(path: string): Promise<boolean> {
  const connection = connect(path);
  try {
    await once(connection, 'connect');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED';
  } finally {
    connection.destroy();
  }
}
