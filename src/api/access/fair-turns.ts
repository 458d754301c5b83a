export interface FairTurnsOptions {
  /** Maximum that have a turn at a time. */
  readonly atOnce: number;
  /** Maximum that wait for one. */
  readonly mostWaiting: number;
}

/**
 * Turns for a few at a time. Those who wait get theirs in a circle of askers, so that one who asks a thousand
 * times delays another by one turn only.
 */
export class FairTurns {
  readonly #options: FairTurnsOptions;
  /** Those who wait, by asker. The next asker is first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  /** Turns and waits of each asker. */
  readonly #heldOf = new Map<string, number>();
  #running = 0;
  #waits = 0;

  constructor(options: FairTurnsOptions) {
    this.#options = options;
  }

  /** Turns and waits of all. */
  get held(): number {
    return this.#running + this.#waits;
  }

  get isFull(): boolean {
    return this.#waits >= this.#options.mostWaiting;
  }

  /** Turns and waits of one asker. */
  heldOf(asker: string): number {
    return this.#heldOf.get(asker) ?? 0;
  }

  /** Settles when the turn comes. End it by `leave`. */
  enter(asker: string): Promise<void> | undefined {
    this.#heldOf.set(asker, this.heldOf(asker) + 1);
    if (this.#running < this.#options.atOnce) {
      this.#running++;
      return undefined;
    }
    this.#waits++;
    return new Promise((resolve) => {
      const queue = this.#waiting.get(asker);
      if (queue === undefined) this.#waiting.set(asker, [resolve]);
      else queue.push(resolve);
    });
  }

  leave(asker: string): void {
    const left = this.heldOf(asker) - 1;
    if (left === 0) this.#heldOf.delete(asker);
    else this.#heldOf.set(asker, left);
    this.#running--;
    this.#startNext();
  }

  #startNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    const [asker, queue] = next;
    const start = queue.shift()!;
    this.#waiting.delete(asker);
    if (queue.length > 0) this.#waiting.set(asker, queue);
    this.#waits--;
    this.#running++;
    start();
  }
}
