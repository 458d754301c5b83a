import { parseAddress, type RepeatedName } from '../../flow/index.ts';
import type { Clock } from '../../runtime/index.ts';
import type { AddressOwner } from './address-owner.ts';
import { Forgetting } from './forgetting.ts';
import { KnownNode } from './known-node.ts';
import { type NamePool, noName } from './name-pool.ts';
import type { NameRows } from './name-rows.ts';
import type { NodeObject } from './node-object.ts';
import type { ObjectStore } from './object-store.ts';
import type { TimedIndex } from './timed-index.ts';

/** As for Pods. */
const REMEMBERED_MS = 5 * 60_000;
const MOST_REMEMBERED = 100_000;

export interface NodesParts {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly owners: TimedIndex<AddressOwner>;
  readonly rows: NameRows;
  readonly pool: NamePool;
}

interface Present {
  readonly object: NodeObject;
  readonly node: KnownNode;
  /** Open entries by address. */
  readonly entries: ReadonlyMap<string, number>;
}

/** All Nodes by UID with their addresses, and by the name that Pods refer to. */
export class Nodes implements ObjectStore<NodeObject> {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #owners: TimedIndex<AddressOwner>;
  readonly #rows: NameRows;
  readonly #pool: NamePool;
  readonly #forgetting: Forgetting<AddressOwner>;
  readonly #byName = new Map<string, KnownNode>();
  readonly #present = new Map<string, Present>();

  constructor({ clock, owners, rows, pool }: NodesParts) {
    this.#clock = clock;
    this.#owners = owners;
    this.#rows = rows;
    this.#pool = pool;
    this.#forgetting = new Forgetting(owners, clock, REMEMBERED_MS, MOST_REMEMBERED);
  }

  get size(): number {
    return this.#present.size;
  }

  uids(): Iterable<string> {
    return this.#present.keys();
  }

  /** Whether a Node of this name exists. */
  has(name: string): boolean {
    const node = this.#byName.get(name);
    return node !== undefined && node.uid.text !== '';
  }

  upsert(object: NodeObject): void {
    const before = this.#present.get(object.uid);
    const node = before?.node ?? this.#nodeNamed(this.#pool.share(object.name));
    this.#describe(node, object);
    const now = this.#clock.now();
    const entries = new Map<string, number>();
    for (const address of object.addresses) {
      const fromMs = before === undefined ? object.createdMs : now;
      const entry = before?.entries.get(address) ?? this.#open(node, address, fromMs);
      if (entry !== undefined) entries.set(address, entry);
    }
    for (const [address, entry] of before?.entries ?? []) if (!entries.has(address)) this.#close(entry, now);
    this.#present.set(object.uid, { object, node, entries });
    this.#forgetting.removeDue();
  }

  remove(uid: string): void {
    if (this.#present.has(uid)) this.#delete(uid);
  }

  forget(): void {
    this.#forgetting.removeDue();
  }

  /** The node that a Pod is on. */
  refer(name: RepeatedName): KnownNode {
    const node = this.#nodeNamed(name);
    node.pods++;
    return node;
  }

  /** A Pod of the node is gone. */
  release(node: KnownNode): void {
    node.pods--;
    this.#dropUnused(node);
  }

  #nodeNamed(name: RepeatedName): KnownNode {
    let node = this.#byName.get(name.text);
    if (node === undefined) {
      node = new KnownNode(name);
      this.#byName.set(name.text, node);
    }
    return node;
  }

  /** The state of a Node changes every few minutes, and this nearly never. */
  #describe(node: KnownNode, { zone, uid }: NodeObject): void {
    if (node.zone.text === zone && node.uid.text === uid) return;
    node.zone = this.#pool.share(zone);
    node.uid = this.#pool.share(uid);
    this.#rows.forgetAll();
  }

  #open(node: KnownNode, address: string, fromMs: number): number | undefined {
    const words = parseAddress(address);
    if (words === undefined) return undefined;
    const entry = this.#owners.add(words, 0, fromMs, node);
    this.#rows.forget(entry);
    return entry;
  }

  #close(entry: number, untilMs: number): void {
    this.#owners.setEnd(entry, untilMs);
    this.#forgetting.add(entry);
  }

  /** A Node with the same name and another UID may be here already. */
  #delete(uid: string): void {
    const { node, entries } = this.#present.get(uid)!;
    const now = this.#clock.now();
    for (const entry of entries.values()) this.#close(entry, now);
    this.#present.delete(uid);
    if (node.uid.text === uid) {
      node.uid = noName;
      this.#rows.forgetAll();
    }
    this.#dropUnused(node);
  }

  #dropUnused(node: KnownNode): void {
    if (node.pods === 0 && node.uid === noName) this.#byName.delete(node.name.text);
  }
}
