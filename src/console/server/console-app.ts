import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { HttpError } from '../../http/index.ts';
import { withBuiltApp } from './app-folder.ts';

/** A file of the app, ready to be sent. */
export interface AppFile {
  readonly type: string;
  readonly octets: Buffer;
  /** The same, compressed; undefined where that is no gain. */
  readonly gzipped: Buffer | undefined;
  /** A hash of the octets. */
  readonly hash: string;
  /** Whether its name changes with its content. */
  readonly isNamedByContent: boolean;
}

export const PAGE = 'index.html';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** The app in memory. It is read, or built in a checkout, for the first browser. */
export class ConsoleApp {
  readonly #load: () => Promise<ReadonlyMap<string, AppFile>>;
  #files: Promise<ReadonlyMap<string, AppFile>> | undefined;

  /** @param load default: the files of this installation */
  constructor(load = () => withBuiltApp(readFiles)) {
    this.#load = load;
  }

  /** @throws {HttpError} 404 for a name that it does not have, 503 when it cannot be read or built */
  async file(name: string): Promise<AppFile> {
    const file = (await this.#all()).get(name);
    if (file === undefined) throw new HttpError(404, 'the console has no such file');
    return file;
  }

  async #all(): Promise<ReadonlyMap<string, AppFile>> {
    this.#files ??= this.#load();
    try {
      return await this.#files;
    } catch (error) {
      this.#files = undefined; // the next browser tries again
      throw new HttpError(503, (error as Error).message);
    }
  }
}

/** The files of a folder with the app as it is built. */
export async function readFiles(folder: string): Promise<ReadonlyMap<string, AppFile>> {
  const names = (await readdir(folder)).filter((name) => types[extname(name)] !== undefined);
  if (!names.includes(PAGE)) throw new Error(`this installation lacks the console: ${folder} has no ${PAGE}`);
  const files = names.map(async (name): Promise<[string, AppFile]> => [name, await readOne(folder, name)]);
  return new Map(await Promise.all(files));
}

async function readOne(folder: string, name: string): Promise<AppFile> {
  const octets = await readFile(join(folder, name));
  const gzipped = await promisify(gzip)(octets, { level: constants.Z_BEST_COMPRESSION });
  return {
    type: types[extname(name)]!,
    octets,
    gzipped: gzipped.length < octets.length ? gzipped : undefined,
    hash: createHash('sha256').update(octets).digest('hex').slice(0, 32),
    isNamedByContent: /-[A-Z0-9]{8}\.\w+$/.test(name),
  };
}
