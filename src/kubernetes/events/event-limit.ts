/** How many at once, and how many each second in the long run. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A cluster that replaces thousands of Pods stays below; a loop that writes events does not. */
const ofNamespace: Rate = { burst: 5_000, perSecond: 50 };
/** Of those, what it has however many namespaces are loud: Nodes, and whoever is quiet, are still heard. */
const sureOfNamespace: Rate = { burst: 100, perSecond: 1 };
const ofCluster: Rate = { burst: 20_000, perSecond: 200 };
/** Namespaces whose rate is known at a time. One that is forgotten begins anew. */
const MOST_NAMESPACES = 1_000;

/** Limits events by namespace, and in all. So no namespace takes the place of the others. */
export class EventLimit {
  readonly #inAll = new Bucket(ofCluster);
  /** The least recently used first. */
  readonly #shares = new Map<string, Share>();

  /** @param nowMs monotonic */
  admits(namespace: string, nowMs: number): boolean {
    const { all, sure } = this.#shareOf(namespace);
    return all.take(nowMs) && (sure.take(nowMs) || this.#inAll.take(nowMs));
  }

  #shareOf(namespace: string): Share {
    const share = this.#shares.get(namespace) ?? {
      all: new Bucket(ofNamespace),
      sure: new Bucket(sureOfNamespace),
    };
    this.#shares.delete(namespace);
    this.#shares.set(namespace, share);
    if (this.#shares.size > MOST_NAMESPACES) this.#shares.delete(this.#shares.keys().next().value!);
    return share;
  }
}

/** What is left for a namespace. */
interface Share {
  readonly all: Bucket;
  readonly sure: Bucket;
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
