import { type FlowFiller, RepeatedName } from '../../flow/index.ts';
import type { AddressOwner } from './address-owner.ts';
import type { KnownNode } from './known-node.ts';
import { KnownPod } from './known-pod.ts';
import { noName } from './name-pool.ts';
import type { TimedIndex } from './timed-index.ts';
import type { Workloads } from './workloads.ts';

/** Words of a row: less than a line of the processor's cache. */
const ROW_WORDS = 12;
/** Words before the names, by their places. */
const STAMP = 0;
/** The number of the owner's node; 0 when it is not known. */
export const NODE = 1;
/** Where the names begin, in the order of `EndFields.inOrder`. */
export const NAMES = 2;
export const POD_NAMESPACE = NAMES;
export const POD_NAME = NAMES + 1;

export interface NameRowsParts {
  readonly owners: TimedIndex<AddressOwner>;
  readonly workloads: Workloads;
}

/**
 * The names of the owner of each entry of the index, as ids of the dictionary in use. A record is named by
 * copying a row. A row is written when a flow needs it: at first, and after something in it has changed.
 */
export class NameRows {
  words = new Uint32Array(64 * ROW_WORDS);
  /** What `fetch` has read. V8 leaves out a read that nothing uses. */
  fetched = 0;
  readonly #owners: TimedIndex<AddressOwner>;
  readonly #workloads: Workloads;
  /** Rows with another number are out of date. */
  #stamp = 1;
  #dictionary = 0;
  #workloadVersion = 0;
  #names = 0;

  constructor({ owners, workloads }: NameRowsParts) {
    this.#owners = owners;
    this.#workloads = workloads;
  }

  /**
   * Call before `find`.
   * @param dictionary the number of the batch's
   * @param names how many names a row needs
   */
  use(dictionary: number, names: number): void {
    const { version } = this.#workloads;
    this.#names = names;
    if (dictionary === this.#dictionary && version === this.#workloadVersion) return;
    this.#dictionary = dictionary;
    this.#workloadVersion = version;
    this.#stamp++;
  }

  /** The entry has another owner, or its owner has changed. */
  forget(entry: number): void {
    const at = entry * ROW_WORDS;
    if (at < this.words.length) this.words[at + STAMP] = 0;
  }

  /** Something has changed that many owners share. */
  forgetAll(): void {
    this.#stamp++;
  }

  /** Reads the rows of entries, so that memory answers many such reads at once. */
  fetch(entries: Uint32Array, from: number, to: number): void {
    const { words } = this;
    let read = 0;
    for (let i = from; i < to; i++) {
      const at = entries[i]! * ROW_WORDS;
      if (at < words.length) read ^= words[at]!;
    }
    this.fetched = read;
  }

  /** Where the row of an entry begins in `words`. */
  find(entry: number, filler: FlowFiller): number {
    const at = entry * ROW_WORDS;
    if (this.words[at + STAMP] !== this.#stamp) this.#write(entry, at, filler);
    return at;
  }

  #write(entry: number, at: number, filler: FlowFiller): void {
    while (at >= this.words.length) this.#grow();
    const { words } = this;
    const owner = this.#owners.ownerOf(entry)!;
    if (owner instanceof KnownPod) this.#workloads.resolve(owner);
    const names = namesOf(owner);
    let hasRoom = true;
    for (let i = 0; i < this.#names; i++) {
      const id = filler.idOf(names[i]!);
      words[at + NAMES + i] = id;
      if (id === 0 && names[i]!.text !== '') hasRoom = false;
    }
    words[at + NODE] = nodeOf(owner)?.number ?? 0;
    words[at + STAMP] = hasRoom ? this.#stamp : 0;
  }

  #grow(): void {
    const words = new Uint32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
  }
}

const nodeOf = (owner: AddressOwner): KnownNode | undefined =>
  owner instanceof KnownPod ? owner.node : owner;

/** In the order of `EndFields.inOrder`. */
function namesOf(owner: AddressOwner): readonly RepeatedName[] {
  const node = nodeOf(owner);
  const ofNode = [node?.name ?? noName, node?.zone ?? noName];
  const nodeUid = node?.uid ?? noName;
  if (!(owner instanceof KnownPod))
    return [noName, noName, noName, noName, noName, ...ofNode, noName, nodeUid];
  const { namespace, name, labels, uid } = owner.object;
  return [
    namespace,
    name,
    owner.workloadKind,
    owner.workloadName,
    labels,
    ...ofNode,
    new RepeatedName(uid),
    nodeUid,
  ];
}
