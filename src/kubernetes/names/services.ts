import { parseAddress, RepeatedName } from '../../flow/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { Forgetting } from './forgetting.ts';
import type { ObjectStore } from './object-store.ts';
import { portKey } from './port-key.ts';
import type { ServiceObject } from './service-object.ts';
import { TimedIndex, type TimedOwner } from './timed-index.ts';

/** Connections through a Service outlive it: they keep its name for a day, and the last ones this many. */
const REMEMBERED_MS = 24 * 3_600_000;
const MOST_REMEMBERED = 20_000;

/** One port of a Service, as records name it. */
export class ServicePort implements TimedOwner {
  /** namespace/name:port, or namespace/name when the port has no name. */
  readonly text: RepeatedName;
  readonly uid: RepeatedName;
  readonly isInferred = false;

  constructor(text: string, uid: RepeatedName) {
    this.text = new RepeatedName(text);
    this.uid = uid;
  }

  sureness(): number {
    return 0;
  }
}

export const servicePortText = (namespace: string, name: string, port: string): string =>
  port === '' ? `${namespace}/${name}` : `${namespace}/${name}:${port}`;

interface Present {
  /** Open entries by key. */
  readonly entries: ReadonlyMap<string, number>;
}

/** Any address of a node. Of the same kind as columns of addresses, so that searches stay fast. */
const anyNode = new Uint32Array(4);

/**
 * All Services by what a connection to them asks for: address, protocol and port; or protocol and port at any
 * address of a node.
 */
export class Services implements ObjectStore<ServiceObject> {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #index: TimedIndex<ServicePort>;
  readonly #forgetting: Forgetting<ServicePort>;
  readonly #present = new Map<string, Present>();

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#clock = clock;
    this.#index = new TimedIndex(clock.now());
    this.#forgetting = new Forgetting(this.#index, clock, REMEMBERED_MS, MOST_REMEMBERED);
  }

  get size(): number {
    return this.#present.size;
  }

  /** The Service at the address of `words[at…at+3]`. */
  find(
    words: ArrayLike<number>,
    at: number,
    protocol: number,
    port: number,
    timeMs: number,
  ): ServicePort | undefined {
    return this.#index.find(words, at, portKey(protocol, port), timeMs);
  }

  /** The Service behind a port of every node. */
  findNodePort(protocol: number, port: number, timeMs: number): ServicePort | undefined {
    return this.#index.find(anyNode, 0, portKey(protocol, port), timeMs);
  }

  uids(): Iterable<string> {
    return this.#present.keys();
  }

  upsert(object: ServiceObject): void {
    const before = this.#present.get(object.uid);
    const now = this.#clock.now();
    const fromMs = before === undefined ? object.createdMs : now;
    const uid = new RepeatedName(object.uid);
    const entries = new Map<string, number>();
    for (const port of object.ports) {
      const text = servicePortText(object.namespace, object.name, port.name);
      const owner = new ServicePort(text, uid);
      const keepEntry = (address: string, words: ArrayLike<number> | undefined, number: number) => {
        if (words === undefined) return;
        const key = `${address} ${portKey(port.protocol, number)} ${port.name}`;
        entries.set(
          key,
          before?.entries.get(key) ?? this.#index.add(words, portKey(port.protocol, number), fromMs, owner),
        );
      };
      for (const address of object.addresses) keepEntry(address, parseAddress(address), port.port);
      if (port.nodePort !== 0) keepEntry('', anyNode, port.nodePort);
    }
    for (const [key, entry] of before?.entries ?? []) if (!entries.has(key)) this.#close(entry, now);
    this.#present.set(object.uid, { entries });
    this.#forgetting.removeDue();
  }

  remove(uid: string): void {
    if (this.#present.has(uid)) this.#delete(uid);
  }

  forget(): void {
    this.#forgetting.removeDue();
  }

  #delete(uid: string): void {
    const now = this.#clock.now();
    for (const entry of this.#present.get(uid)!.entries.values()) this.#close(entry, now);
    this.#present.delete(uid);
  }

  #close(entry: number, untilMs: number): void {
    this.#index.setEnd(entry, untilMs);
    this.#forgetting.add(entry);
  }
}
