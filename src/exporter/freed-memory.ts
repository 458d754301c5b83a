import koffi from 'koffi';
import type { Clock, Component } from '../runtime/index.ts';

const PERIOD_MS = 10_000;

/**
 * Gives memory that this process has freed back to the system. The C library keeps what is freed below
 * something that is in use. V8 takes up to 20 MB for a moment, again and again, to compile what a busy node
 * needs. It costs about a millisecond. Without glibc nothing is done.
 */
export class FreedMemory implements Component {
  readonly name = 'freed memory';
  readonly #clock: Pick<Clock, 'every'>;
  #stopGivingBack = () => {};

  constructor(clock: Pick<Clock, 'every'>) {
    this.#clock = clock;
  }

  async start(): Promise<void> {
    const mallocTrim = loadMallocTrim();
    if (mallocTrim !== undefined) this.#stopGivingBack = this.#clock.every(PERIOD_MS, () => mallocTrim(0));
  }

  async stop(): Promise<void> {
    this.#stopGivingBack();
  }
}

/** Undefined in a C library that has no such function, such as musl. */
function loadMallocTrim(): ((keptOctets: number) => number) | undefined {
  try {
    return koffi.load(null).func('int malloc_trim(size_t kept)');
  } catch {
    return undefined;
  }
}
