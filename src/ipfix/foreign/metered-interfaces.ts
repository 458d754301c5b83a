import { elementsPerRow, type FlowBatch, fieldOf } from '../../flow/index.ts';
import type { Explanations } from './foreign-columns.ts';
import type { StatementRoom } from './statement-room.ts';

/** `flowDirection` of RFC 5102. */
const Direction = { ingress: 0, egress: 1 } as const;
/** Upper bound of the memory of one interface. */
const ENTRY_OCTETS = 64;
/** Packets without an IP version are no flows: all others are of one of the two families. */
const FAMILIES = 2;

/**
 * The interfaces at which a switch meters packets as they enter, for each family.
 *
 * A switch may meter each packet twice: where it enters and where it leaves. Open vSwitch does. Then a record
 * of leaving packets repeats one of entering packets, if the exporter also meters at the interface by which
 * they entered. That is certain only if records of entering packets have no interface by which they leave:
 * the switch has metered them before it knew. Elsewhere the direction may be just a label of each flow, and a
 * record that is dropped would be a loss.
 */
export class MeteredInterfaces {
  readonly #room: StatementRoom;
  readonly #interfaces = new Set<number>();

  /** @param room for interfaces and names; without room an interface counts as not metered */
  constructor(room: StatementRoom) {
    this.#room = room;
  }

  /**
   * Removes the rows from `from` on that repeat others, and returns their number.
   * @param told the columns beside the batch; without a direction nothing is removed
   */
  removeRepeated(batch: FlowBatch, from: number, { flowDirection }: Explanations): number {
    if (flowDirection === undefined) return 0;
    const { ingressInterface, egressInterface } = batch.columns;
    let kept = from;
    for (let row = from; row < batch.length; row++) {
      const entered = ingressInterface[row]! * FAMILIES + (batch.family(row) === 6 ? 1 : 0);
      const hasEgress = egressInterface[row] !== 0;
      const direction = flowDirection[row];
      if (ingressInterface[row] !== 0 && direction === Direction.ingress && !hasEgress) this.#add(entered);
      const isRepeated = direction === Direction.egress && hasEgress && this.#interfaces.has(entered);
      if (isRepeated) continue;
      if (kept < row) moveRow(batch, row, kept);
      kept++;
    }
    const removed = batch.length - kept;
    batch.length = kept;
    return removed;
  }

  #add(entered: number): void {
    if (!this.#interfaces.has(entered) && this.#room.take(ENTRY_OCTETS)) this.#interfaces.add(entered);
  }

  /** Forgets all, and returns the room. */
  clear(): void {
    this.#room.take(-ENTRY_OCTETS * this.#interfaces.size);
    this.#interfaces.clear();
  }
}

function moveRow({ layout, columns }: FlowBatch, from: number, to: number): void {
  for (const name of layout.fields) {
    const width = elementsPerRow(fieldOf(name).storage);
    columns[name].copyWithin(to * width, from * width, (from + 1) * width);
  }
}
