import { parseAddress, RepeatedName } from '../../flow/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { Forgetting } from './forgetting.ts';
import type { ObjectStore } from './object-store.ts';
import { portKey } from './port-key.ts';
import type { ServiceObject } from './service-object.ts';
import { TimedIndex, type TimedOwner, timedKey } from './timed-index.ts';

/** Connections through a Service outlive it: they keep its name for a day, and the last ones this many. */
const REMEMBERED_MS = 24 * 3_600_000;
const MOST_REMEMBERED = 20_000;

/**
 * One port of a Service, as records name it. The names are made when a record asks for them: of the Services
 * of a cluster, the flows of one node use few.
 */
export class ServicePort implements TimedOwner {
  readonly #service: KnownService;
  readonly port: string;
  #text: RepeatedName | undefined;

  constructor(service: KnownService, port: string) {
    this.#service = service;
    this.port = port;
  }

  get isInferred(): boolean {
    return false;
  }

  /** namespace/name:port, or namespace/name when the port has no name. */
  get text(): RepeatedName {
    const { namespace, name } = this.#service;
    this.#text ??= new RepeatedName(servicePortText(namespace, name, this.port));
    return this.#text;
  }

  get uid(): RepeatedName {
    return this.#service.uidName;
  }

  sureness(): number {
    return 0;
  }
}

export const servicePortText = (namespace: string, name: string, port: string): string =>
  port === '' ? `${namespace}/${name}` : `${namespace}/${name}:${port}`;

/** What is kept of a Service. There are many, so it has nothing that follows from something else. */
class KnownService {
  readonly #uid: string;
  readonly namespace: string;
  readonly name: string;
  #uidName: RepeatedName | undefined;
  /** Those of the index that last. */
  entries: readonly number[] = [];

  constructor({ uid, namespace, name }: ServiceObject) {
    this.#uid = uid;
    this.namespace = namespace;
    this.name = name;
  }

  get uidName(): RepeatedName {
    this.#uidName ??= new RepeatedName(this.#uid);
    return this.#uidName;
  }
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
  readonly #present = new Map<string, KnownService>();

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
    const service = before ?? new KnownService(object);
    const open = this.#openEntries(service);
    const kept = new Map<string, number>();
    for (const { name, protocol, port, nodePort } of object.ports) {
      const owner = new ServicePort(service, name);
      const keepEntry = (words: ArrayLike<number>, number: number) => {
        const key = `${timedKey(words, 0, portKey(protocol, number))} ${name}`;
        if (kept.has(key)) return;
        kept.set(key, open.get(key) ?? this.#index.add(words, portKey(protocol, number), fromMs, owner));
      };
      for (const address of object.addresses) {
        const words = parseAddress(address);
        if (words !== undefined) keepEntry(words, port);
      }
      if (nodePort !== 0) keepEntry(anyNode, nodePort);
    }
    for (const [key, entry] of open) if (!kept.has(key)) this.#close(entry, now);
    service.entries = [...kept.values()];
    this.#present.set(object.uid, service);
    this.#forgetting.removeDue();
  }

  remove(uid: string): void {
    if (this.#present.has(uid)) this.#delete(uid);
  }

  forget(): void {
    this.#forgetting.removeDue();
  }

  /** The entries of a Service that last, by their keys and the names of their ports. */
  #openEntries({ entries }: KnownService): ReadonlyMap<string, number> {
    const keyOf = (entry: number) => `${this.#index.keyOf(entry)} ${this.#index.ownerOf(entry)!.port}`;
    return new Map(entries.map((entry) => [keyOf(entry), entry]));
  }

  #delete(uid: string): void {
    const now = this.#clock.now();
    for (const entry of this.#present.get(uid)!.entries) this.#close(entry, now);
    this.#present.delete(uid);
  }

  #close(entry: number, untilMs: number): void {
    this.#index.setEnd(entry, untilMs);
    this.#forgetting.add(entry);
  }
}
