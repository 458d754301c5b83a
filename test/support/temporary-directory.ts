import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { undoAtExit } from './leftovers.ts';

/** A directory for a test's files that is removed with the value, or at the process's exit. */
export class TemporaryDirectory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'weir-'));
  readonly #takeBack = undoAtExit(() => this.#remove());

  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    this.#takeBack();
    this.#remove();
  }

  #remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
