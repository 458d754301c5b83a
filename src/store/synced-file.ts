import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { NO_LINK } from '../runtime/index.ts';
import { errnoOf } from '../sinks/index.ts';

const { O_APPEND, O_CREAT, O_RDWR, O_TRUNC, O_WRONLY } = constants;
const LINE_BREAK = 0x0a;

/** Replaces the content of a file, and waits for the disk. */
export async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | NO_LINK, 0o600);
  await file.writeFile(text);
  await file.sync();
}

/**
 * Appends a line to a file, all of it or nothing, and waits for the disk. A half line that an earlier process
 * left gets its end first.
 */
export async function appendSynced(path: string, line: string): Promise<void> {
  await using file = await open(path, O_RDWR | O_APPEND | O_CREAT | NO_LINK, 0o600);
  const { size } = await file.stat();
  const last = new Uint8Array(1);
  if (size > 0) await file.read(last, 0, 1, size - 1);
  try {
    await file.writeFile(size > 0 && last[0] !== LINE_BREAK ? `\n${line}` : line);
    await file.datasync();
  } catch (error) {
    await file.truncate(size).catch(() => {});
    throw error;
  }
}

/** Waits until the disk has the content of a file. */
export async function syncFile(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.sync();
}

/** Undefined when it is not there. */
export async function octetsOfFile(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
