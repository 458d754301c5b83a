import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../sinks/index.ts';
import { appendSynced, writeSynced } from './synced-file.ts';

/** A complete file of the history. */
export interface StoredFile {
  readonly number: number;
  readonly schema: number;
  /** When its first and last record were stored, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly records: number;
  readonly octets: number;
}

/** Why a file left the history. */
export type Removal = 'age' | 'octets' | 'pruned' | 'damaged' | 'missing';

/** A line: a file that came, one that left, or what a rewritten manifest sums up. */
type Line =
  | { readonly came: StoredFile }
  | { readonly left: number; readonly why: Removal; readonly records: number }
  | { readonly next: number; readonly departed: Partial<Record<Removal, number>> };

const NAME = 'manifest.jsonl';

/**
 * The list of files: a line of JSON for each that came or left. A file counts from its line on. The last line
 * may be half written; then what it says has not happened.
 */
export class Manifest {
  readonly files = new Map<number, StoredFile>();
  /** Records that left, by reason. */
  readonly departed = new Map<Removal, number>();
  /** Above the number of every file that ever came. */
  next = 1;
  readonly #path: string;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(path: string) {
    this.#path = path;
  }

  /** An absent manifest is empty. */
  static async read(directory: string): Promise<Manifest> {
    const manifest = new Manifest(join(directory, NAME));
    const text = await readFile(manifest.#path, 'utf8').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return '';
      throw error;
    });
    for (const line of text.split('\n')) manifest.#take(line);
    return manifest;
  }

  /** Writes the manifest anew, as short as it can be. */
  async rewrite(): Promise<void> {
    const lines: Line[] = [
      { next: this.next, departed: Object.fromEntries(this.departed) },
      ...[...this.files.values()].map((came) => ({ came })),
    ];
    const temporary = `${this.#path}.tmp`;
    await writeSynced(temporary, lines.map(textOf).join(''));
    await rename(temporary, this.#path);
  }

  /** On disk first: a line that is refused changes nothing. */
  async add(came: StoredFile): Promise<void> {
    await this.#append({ came });
    this.#apply({ came });
  }

  /** One line after another: a failed one is cut off again. */
  #append(line: Line): Promise<void> {
    const done = this.#turn.then(() => appendSynced(this.#path, textOf(line)));
    this.#turn = done.catch(() => {});
    return done;
  }

  /** The file is gone already. Without its line, on a full disk, the next process finds it missing. */
  async remove(left: number, why: Removal, records: number): Promise<void> {
    const line: Line = { left, why, records };
    this.#apply(line);
    await this.#append(line).catch(() => {});
  }

  #take(text: string): void {
    if (text === '') return;
    try {
      this.#apply(JSON.parse(text) as Line);
    } catch {
      // Half a line: its writer died. A file without a line is found in the directory.
    }
  }

  #apply(line: Line): void {
    if ('came' in line) {
      this.files.set(line.came.number, line.came);
      this.next = Math.max(this.next, line.came.number + 1);
    } else if ('left' in line) {
      this.files.delete(line.left);
      this.departed.set(line.why, (this.departed.get(line.why) ?? 0) + line.records);
    } else {
      this.next = Math.max(this.next, line.next);
      for (const [why, records] of Object.entries(line.departed)) this.departed.set(why as Removal, records);
    }
  }
}

const textOf = (line: Line): string => `${JSON.stringify(line)}\n`;
