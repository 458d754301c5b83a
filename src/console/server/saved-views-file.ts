import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HttpError } from '../../http/index.ts';
import type { SavedView, SavedViews } from '../contract.ts';
import { readViews } from './read-views.ts';

/** The saved views as they are in the file. */
export interface KeptViews extends SavedViews {
  /** Grows by one with each change. */
  readonly version: number;
}

/** The saved views, in a file. Changes take turns, and each names the version that it changes. */
export class SavedViewsFile {
  readonly #path: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param path undefined: nowhere */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** @throws {HttpError} 503 when there is no folder for it, 500 when it cannot be read */
  async read(): Promise<KeptViews> {
    const path = this.#expectPath();
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new HttpError(500, `the saved views cannot be read: ${error.message}`);
    });
    if (text === undefined) return { version: 0, views: [] };
    try {
      const kept = JSON.parse(text) as KeptViews;
      if (!Number.isSafeInteger(kept.version)) throw new Error('no version');
      return { version: kept.version, views: readViews(kept) };
    } catch {
      throw new HttpError(500, `${path} has no saved views of Weir: move it away to begin anew`);
    }
  }

  /**
   * Replaces the views, if they are still those of the version.
   * @throws {HttpError} 412 when they are not, 507 when the file cannot be written, and as `read` does
   */
  replace(views: readonly SavedView[], version: number): Promise<KeptViews> {
    const replaced = this.#turn.then(async () => {
      const before = await this.read();
      if (before.version !== version)
        throw new HttpError(412, 'somebody else has saved views meanwhile: read them again');
      const after = { version: version + 1, views };
      await this.#write(after);
      return after;
    });
    this.#turn = replaced.catch(() => {});
    return replaced;
  }

  async #write(kept: KeptViews): Promise<void> {
    const path = this.#expectPath();
    const draft = `${path}.${process.pid}`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(draft, JSON.stringify(kept), { mode: 0o600, flush: true });
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      throw new HttpError(507, `the views cannot be saved: ${(error as Error).message}`);
    }
  }

  #expectPath(): string {
    if (this.#path !== undefined) return this.#path;
    throw new HttpError(503, 'this process has no folder for saved views: weir.stateDirectory is not set');
  }
}
