import type { Stream } from '../flow-lines/index.ts';
import { LineBatch } from './line-batch.ts';
import type { PushDelivery } from './push-delivery.ts';

/** Some of the streams: their lines are gathered into batches, and pushed one batch after the other. */
export class Lane {
  readonly #delivery: PushDelivery;
  readonly #signal: AbortSignal;
  readonly #onRoom: () => void;
  /** Streams with lines that wait to be made a batch. */
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
    return this.#openLines + this.#delivery.lines + sum(this.#queue.map(({ count }) => count));
  }

  /** Octets of the batches that wait for their turn. */
  get queuedOctets(): number {
    return sum(this.#queue.map(({ octets }) => octets));
  }

  /** Octets of the lines that are not a batch yet. */
  get openOctets(): number {
    return this.#openOctets;
  }

  /** Since when the first of them has waited; Infinity when there is none. */
  get openSinceMs(): number {
    return this.#openLines === 0 ? Number.POSITIVE_INFINITY : this.#openedAtMs;
  }

  /** A stream has one line more, of so many octets. */
  add(stream: Stream, octets: number, nowMs: number): void {
    if (this.#openLines++ === 0) this.#openedAtMs = nowMs;
    if (stream.count === 1) this.#open.push(stream);
    this.#openOctets += octets;
  }

  /** Makes what has been gathered a batch, and pushes it as soon as those before it are through. */
  push(): void {
    if (this.#openLines === 0) return;
    this.#queue.push(LineBatch.take(this.#open, this.#openedAtMs));
    this.#open.length = 0;
    this.#openOctets = 0;
    this.#openLines = 0;
    this.#pumping ??= this.#pump();
  }

  /** Takes the batch back that came last; undefined when none waits. */
  takeNewest(): LineBatch | undefined {
    return this.#queue.pop();
  }

  putBack(batch: LineBatch): void {
    this.#queue.push(batch);
    this.#pumping ??= this.#pump();
  }

  /** Settles when nothing is queued or under way any more. */
  async drained(): Promise<void> {
    await this.#pumping;
  }

  /** Takes the batch back that would be next; for what is left after the signal has ended the pushes. */
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

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
