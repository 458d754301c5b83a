import { parseAddress } from '../../flow/index.ts';
import type { Clock } from '../../runtime/index.ts';
import type { AddressOwner } from './address-owner.ts';
import { Forgetting } from './forgetting.ts';
import { KnownPod } from './known-pod.ts';
import type { NameRows } from './name-rows.ts';
import type { Nodes } from './nodes.ts';
import type { ObjectStore } from './object-store.ts';
import type { PodObject } from './pod-object.ts';
import type { TimedIndex } from './timed-index.ts';

/** A Pod is remembered this long after its end, for records that arrive late. */
const REMEMBERED_MS = 5 * 60_000;
const MOST_REMEMBERED = 200_000;

export interface PodsParts {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly owners: TimedIndex<AddressOwner>;
  readonly rows: NameRows;
  readonly nodes: Nodes;
}

/**
 * All Pods by UID, and the intervals in which each had its addresses. A Pod has an address from the time when
 * its network was ready until its last container has ended or the Pod is deleted. Everything goes by UID, so
 * that what comes late about one Pod never changes another with its name or address.
 */
export class Pods implements ObjectStore<PodObject> {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #owners: TimedIndex<AddressOwner>;
  readonly #rows: NameRows;
  readonly #nodes: Nodes;
  readonly #forgetting: Forgetting<AddressOwner>;
  readonly #known = new Map<string, KnownPod>();

  constructor({ clock, owners, rows, nodes }: PodsParts) {
    this.#clock = clock;
    this.#owners = owners;
    this.#rows = rows;
    this.#nodes = nodes;
    this.#forgetting = new Forgetting(owners, clock, REMEMBERED_MS, MOST_REMEMBERED);
  }

  /** Pods that exist. */
  get size(): number {
    return this.#known.size;
  }

  /** Ended intervals that are still remembered. */
  get remembered(): number {
    return this.#forgetting.size;
  }

  uids(): Iterable<string> {
    return this.#known.keys();
  }

  /** A Pod that exists. */
  find(uid: string): KnownPod | undefined {
    return this.#known.get(uid);
  }

  upsert(object: PodObject): void {
    const known = this.#known.get(object.uid);
    if (known === undefined) this.#begin(object);
    else if (!known.hasEnded) this.#update(known, object);
    this.#forgetting.removeDue();
  }

  remove(uid: string, last?: PodObject): void {
    const known = this.#known.get(uid);
    if (known === undefined) return;
    if (!known.hasEnded && last?.isFinished === true) this.#update(known, last);
    if (!known.hasEnded) this.#end(known, this.#clock.now());
    this.#known.delete(uid);
    if (known.node !== undefined) this.#nodes.release(known.node);
  }

  forget(): void {
    this.#forgetting.removeDue();
  }

  #begin(object: PodObject): void {
    const pod = new KnownPod(object);
    this.#known.set(object.uid, pod);
    this.#findNode(pod);
    if (!object.isFinished) this.#openAll(pod);
    else this.#beginFinished(pod);
  }

  /** A Pod that had finished before it was first seen. */
  #beginFinished(pod: KnownPod): void {
    const { startMs, finishedMs } = pod.object;
    const untilMs = finishedMs ?? startMs;
    if (untilMs > this.#clock.now() - REMEMBERED_MS) this.#openAll(pod);
    this.#end(pod, untilMs);
  }

  #update(pod: KnownPod, object: PodObject): void {
    const before = pod.object;
    pod.update(object);
    for (const entry of [...pod.entries, ...pod.portEntries]) this.#rows.forget(entry);
    if (pod.node === undefined) this.#findNode(pod);
    // A Pod may lose its addresses in the step in which it finishes, but its entries are still here.
    if (object.isFinished) this.#end(pod, object.finishedMs ?? this.#clock.now());
    else {
      this.#moveEntries(pod, before);
      this.#openPorts(pod);
    }
  }

  /** Opens entries of new addresses, and closes those of addresses that are gone. */
  #moveEntries(pod: KnownPod, before: PodObject): void {
    const { object } = pod;
    const isNewlyExact = object.isStartExact && !before.isStartExact;
    const entries = object.addresses.map((address) => {
      const at = before.addresses.indexOf(address);
      if (at < 0) return this.#open(pod, address, this.#beginOf(object, before));
      const entry = pod.entries[at]!;
      if (isNewlyExact && entry !== NONE) this.#owners.setBegin(entry, object.startMs);
      return entry;
    });
    for (const [at, address] of before.addresses.entries()) {
      if (!object.addresses.includes(address)) this.#close(pod.entries[at]!, this.#clock.now());
    }
    pod.entries = entries;
  }

  /** When the Pod got an address that it did not have before. */
  #beginOf(object: PodObject, before: PodObject): number {
    const isFirst = before.addresses.length === 0;
    const isRestarted = object.isStartExact && object.startMs > before.startMs;
    return isFirst || isRestarted ? object.startMs : this.#clock.now();
  }

  #openAll(pod: KnownPod): void {
    const { addresses, startMs } = pod.object;
    pod.entries = addresses.map((address) => this.#open(pod, address, startMs));
    this.#openPorts(pod);
  }

  /** Its ports never change, but its node may not have been known before. */
  #openPorts(pod: KnownPod): void {
    const { node, object, portEntries } = pod;
    if (node === undefined || portEntries.length === object.hostPorts.length) return;
    pod.portEntries = object.hostPorts.map((port) => this.#add(node.portsKey, port, object.startMs, pod));
  }

  #open(pod: KnownPod, address: string, fromMs: number): number {
    const words = parseAddress(address);
    return words === undefined ? NONE : this.#add(words, 0, fromMs, pod);
  }

  #add(key: ArrayLike<number>, number: number, fromMs: number, pod: KnownPod): number {
    const entry = this.#owners.add(key, number, fromMs, pod);
    this.#rows.forget(entry);
    return entry;
  }

  #close(entry: number, untilMs: number): void {
    if (entry === NONE) return;
    this.#owners.setEnd(entry, untilMs);
    this.#forgetting.add(entry);
  }

  #end(pod: KnownPod, untilMs: number): void {
    pod.hasEnded = true;
    pod.endReadiness(untilMs);
    for (const entry of [...pod.entries, ...pod.portEntries]) this.#close(entry, untilMs);
    pod.entries = noEntries;
    pod.portEntries = noEntries;
  }

  #findNode(pod: KnownPod): void {
    if (pod.object.node.text !== '') pod.node = this.#nodes.refer(pod.object.node);
  }
}

/** The entry for a text that is not an address. */
const NONE = 0;
const noEntries: readonly number[] = [];
