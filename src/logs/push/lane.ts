import type { Stream } from '../flow-lines/index.ts';
import { LineBatch } from './line-batch.ts';
import type { PushDelivery } from './push-delivery.ts';

/** Some of the streams: collects their lines in batches, and pushes one batch after another. */
export class Lane {
  readonly #delivery: PushDelivery;
  readonly #signal: AbortSignal;
  readonly #onRoom: () => void;
  /** Streams with lines that are not in a batch yet. */
  readonly #open: Stream[] = [];
  readonly #queue: LineBatch[] = [];
  #openedAtMs = 0;
  #openOctets = 0;
  #openLines = 0;
  #pumping: Promise<void> | undefined;

  /** @param onRoom called when a batch has left the queue */
  constructor(delivery: PushDelivery, signal: AbortSignal, onRoom: () => void) {
    this.#delivery = delivery;
    this.#signal = signal;
    this.#onRoom = onRoom;
  }

  get isWaiting(): boolean {
    return this.#delivery.isWaiting;
  }

  /** Lines here that are neither stored nor dropped. */
  get lines(): number {
    return this.#openLines + this.#delivery.lines + sumOf(this.#queue.map(({ count }) => count));
  }

  /** Octets of the waiting batches. */
  get queuedOctets(): number {
    return sumOf(this.#queue.map(({ octets }) => octets));
  }

  /** Octets of lines that are not in a batch yet. */
  get openOctets(): number {
    return this.#openOctets;
  }

  /** When the first of them came; Infinity when there is none. */
  get openSinceMs(): number {
    return this.#openLines === 0 ? Number.POSITIVE_INFINITY : this.#openedAtMs;
  }

  /** Counts a new line of a stream, with its octets. */
  add(stream: Stream, octets: number, nowMs: number): void {
    if (this.#openLines++ === 0) this.#openedAtMs = nowMs;
    if (stream.count === 1) this.#open.push(stream);
    this.#openOctets += octets;
  }

  /** Makes a batch of the collected lines, and pushes it after those before it. */
  push(): void {
    if (this.#openLines === 0) return;
    this.#queue.push(LineBatch.take(this.#open, this.#openedAtMs));
    this.#open.length = 0;
    this.#openOctets = 0;
    this.#openLines = 0;
    this.#pumping ??= this.#pump();
  }

  /** Removes the newest batch; undefined when none waits. */
  takeNewest(): LineBatch | undefined {
    return this.#queue.pop();
  }

  putBack(batch: LineBatch): void {
    this.#queue.push(batch);
    this.#pumping ??= this.#pump();
  }

  /** Settles when nothing is queued or being pushed. */
  async drained(): Promise<void> {
    await this.#pumping;
  }

  /** Removes the oldest batch, for those that remain after the signal has ended the pushes. */
  takeOldest(): LineBatch | undefined {
    return this.#queue.shift();
  }

  async #pump(): Promise<void> {
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
      this.#onRoom();
      await this.#delivery.deliver(batch, this.#signal);
      const left = this.#delivery.takeLeft();
      if (left.length === 0) continue;
      this.#queue.unshift(...left);
      break;
    }
    this.#pumping = undefined;
  }
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
