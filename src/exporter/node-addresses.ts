import type { AddressWords } from '../flow/index.ts';
import { AddressSet } from './address-set.ts';
import type { ConnectionTable } from './connection-table.ts';
import { settleEnds } from './flow-writer.ts';
import type { NodeNetwork } from './node-network.ts';

/**
 * The node's own addresses, read periodically. When they change, ongoing flows keep the ends that they began
 * with. A flow without a record yet gets its ends from the addresses before the change.
 */
export class NodeAddresses {
  readonly #table: ConnectionTable;
  readonly #network: NodeNetwork;
  #addresses: readonly AddressWords[] = [];
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(table: ConnectionTable, network: NodeNetwork) {
    this.#table = table;
    this.#network = network;
  }

  /** @param nowMs when the addresses were requested, in monotonic time */
  take(addresses: readonly AddressWords[], nowMs: number): void {
    const before = this.#addresses;
    const beforeMs = this.#readMs;
    this.#addresses = addresses;
    this.#readMs = nowMs;
    if (isSameSet(before, addresses)) return;
    this.#settle((beganMs) => beganMs < beforeMs);
    // A flow that began between the two readings may have begun before or after the change.
    this.#network.addresses = [...before, ...addresses];
    this.#settle((beganMs) => beganMs < nowMs);
    this.#network.addresses = addresses;
  }

  #settle(isMeant: (beganMs: number) => boolean): void {
    const table = this.#table;
    for (let row = 0; row < table.highWater; row++) {
      const isOpen = table.isUsed(row) && table.ends[row] === 0;
      if (isOpen && isMeant(table.beganMs[row]!)) settleEnds(table, row, this.#network);
    }
  }
}

function isSameSet(one: readonly AddressWords[], other: readonly AddressWords[]): boolean {
  const set = new AddressSet(one);
  return one.length === other.length && other.every((words) => set.has(words, 0));
}
