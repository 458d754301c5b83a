/** How many at once, and how many each second in the long run. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A cluster that replaces thousands of Pods stays below; a loop that writes events does not. */
const ofNamespace: Rate = { burst: 5_000, perSecond: 50 };
const ofCluster: Rate = { burst: 20_000, perSecond: 200 };
/** Namespaces whose rate is known at a time. One that is forgotten begins anew. */
const MOST_NAMESPACES = 1_000;

/** Limits events by namespace, and in all. So no namespace takes the place of the others. */
export class EventLimit {
  readonly #inAll = new Bucket(ofCluster);
  /** The least recently used first. */
  readonly #buckets = new Map<string, Bucket>();

  /** @param nowMs monotonic */
  admits(namespace: string, nowMs: number): boolean {
    return this.#bucketOf(namespace).take(nowMs) && this.#inAll.take(nowMs);
  }

  #bucketOf(namespace: string): Bucket {
    const bucket = this.#buckets.get(namespace) ?? new Bucket(ofNamespace);
    this.#buckets.delete(namespace);
    this.#buckets.set(namespace, bucket);
    if (this.#buckets.size > MOST_NAMESPACES) this.#buckets.delete(this.#buckets.keys().next().value!);
    return bucket;
  }
}

/** Fills with time, and empties with each event. */
class Bucket {
  readonly #rate: Rate;
  #left: number;
  #filledMs = Number.NEGATIVE_INFINITY;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#left = rate.burst;
  }

  take(nowMs: number): boolean {
    const { burst, perSecond } = this.#rate;
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#filledMs) / 1_000) * perSecond);
    this.#filledMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
