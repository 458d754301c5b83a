import { type Columns, formatAddress, isIPv4, protocols } from '../../flow/index.ts';
import type { Exemplar } from './series-table.ts';

/** Words of an example: two addresses, both ports, the protocol. */
const WORDS = 10;

interface Example {
  readonly words: Uint32Array;
  at: number;
}

/** The latest denied flow of each series, by slot: it leads from a count to a flow behind it. */
export class DeniedExamples {
  readonly #examples = new Map<number, Example>();

  /** @param at milliseconds since 1970 */
  set(slot: number, columns: Columns, row: number, at: number): void {
    let example = this.#examples.get(slot);
    if (example === undefined) {
      example = { words: new Uint32Array(WORDS), at };
      this.#examples.set(slot, example);
    }
    example.at = at;
    const { words } = example;
    for (let i = 0; i < 4; i++) {
      words[i] = columns.sourceIP[row * 4 + i]!;
      words[4 + i] = columns.destinationIP[row * 4 + i]!;
    }
    words[8] = (columns.sourceTransportPort[row]! << 16) | columns.destinationTransportPort[row]!;
    words[9] = columns.protocolIdentifier[row]!;
  }

  delete(slot: number): void {
    this.#examples.delete(slot);
  }

  /** The labels of the example are filter words. */
  get(slot: number): Exemplar | undefined {
    const example = this.#examples.get(slot);
    if (example === undefined) return undefined;
    const { words, at } = example;
    const protocol = words[9]!;
    return {
      labels: {
        src: endText(words, 0, words[8]! >>> 16),
        dst: endText(words, 4, words[8]! & 0xffff),
        ...(protocol !== 0 && { proto: protocols.names.get(protocol) ?? String(protocol) }),
      },
      value: 1,
      at,
    };
  }
}

function endText(words: Uint32Array, at: number, port: number): string {
  const address = formatAddress(words, at);
  if (port === 0) return address;
  return isIPv4(words, at) ? `${address}:${port}` : `[${address}]:${port}`;
}
