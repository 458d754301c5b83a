import { MAX_RATE } from './sampling-rate.ts';
import type { StatementRoom } from './statement-room.ts';

/** Maximum selectors, and interfaces of each direction, with separate rates in one observation domain. */
const MAX_APART = 64;

/** Maximum selection sequences of one observation domain, and selectors of one. */
const MAX_SEQUENCES = 64;
const MAX_SELECTORS = 8;
/** Upper bound of the memory of a sequence. */
const SEQUENCE_OCTETS = 384;

/**
 * The part of a domain's packets for which a rate holds: those of a selector, or of an interface and
 * direction.
 */
export type RatePart = 'selector' | 'ingressInterface' | 'egressInterface';

/** The result of a sampling rate that an exporter stated. */
export type RateVerdict = 'new' | 'known' | 'refused' | 'none';

/** The rates of a domain as plain data: of all packets, of parts by their numbers, and the sequences. */
export interface KeptRates {
  readonly rate?: number | undefined;
  readonly apart: Readonly<Record<RatePart, readonly (readonly [number: number, rate: number])[]>>;
  readonly sequences: readonly (readonly [sequence: number, selectors: readonly number[]])[];
}

/** The sampling rates that an exporter has stated for one observation domain. */
export class SamplingRates {
  #rate: number | undefined;
  #wereStated = false;
  readonly #room: StatementRoom;
  readonly #apart: Readonly<Record<RatePart, Map<number, number>>> = {
    selector: new Map(),
    ingressInterface: new Map(),
    egressInterface: new Map(),
  };

  /** The selectors that packets pass one after the other, by the number of their sequence. */
  readonly #sequences = new Map<number, readonly number[]>();

  constructor(room: StatementRoom) {
    this.#room = room;
  }

  /** Whether the exporter has stated any, to an earlier process too: then it samples. */
  get areStated(): boolean {
    return (
      this.#wereStated || this.#rate !== undefined || Object.values(this.#apart).some(({ size }) => size > 0)
    );
  }

  get kept(): KeptRates {
    const { selector, ingressInterface, egressInterface } = this.#apart;
    const apart = {
      selector: [...selector],
      ingressInterface: [...ingressInterface],
      egressInterface: [...egressInterface],
    };
    return { rate: this.#rate, apart, sequences: [...this.#sequences] };
  }

  /** Takes what an earlier process has kept. */
  restore({ rate, apart, sequences }: KeptRates): void {
    if (rate !== undefined) this.put(rate);
    for (const part of ['selector', 'ingressInterface', 'egressInterface'] as const) {
      for (const [number, partRate] of apart[part]) this.putApart(part, number, partRate);
    }
    for (const [sequence, selectors] of sequences) this.putSequence(sequence, selectors);
  }

  /** An earlier process had rates that are too old now: records count as without one. */
  expectRates(): void {
    this.#wereStated = true;
  }

  /** Stores the rate of all packets. */
  put(rate: number): RateVerdict {
    const isKnown = this.#rate === rate;
    this.#rate = rate;
    return isKnown ? 'known' : 'new';
  }

  /** Stores the rate of the packets of one selector or interface. */
  putApart(part: RatePart, number: number, rate: number): RateVerdict {
    const rates = this.#apart[part];
    const known = rates.get(number);
    if (known === undefined && rates.size >= MAX_APART) return 'refused';
    rates.set(number, rate);
    return known === rate ? 'known' : 'new';
  }

  /** Stores the selectors of a selection sequence (RFC 5476 section 6.5.1). */
  putSequence(sequence: number, selectors: readonly number[]): RateVerdict {
    const known = this.#sequences.get(sequence);
    const isFull = known === undefined && this.#sequences.size >= MAX_SEQUENCES;
    if (isFull || selectors.length > MAX_SELECTORS) return 'refused';
    if (known === undefined && !this.#room.take(SEQUENCE_OCTETS)) return 'refused';
    this.#sequences.set(sequence, selectors);
    return known?.join() === selectors.join() ? 'known' : 'new';
  }

  clearSequences(): void {
    this.#room.take(-SEQUENCE_OCTETS * this.#sequences.size);
    this.#sequences.clear();
  }

  /**
   * The rate for records of a selection sequence: the product of its selectors' rates. Undefined for an
   * unknown sequence; NaN when the rate of a selector is unknown, or the product is too great.
   */
  ofSequence(sequence: number): number | undefined {
    const selectors = this.#sequences.get(sequence);
    if (selectors === undefined) return undefined;
    let product = 1;
    for (const selector of selectors) product *= this.#apart.selector.get(selector) ?? Number.NaN;
    return product <= MAX_RATE ? product : Number.NaN;
  }

  /**
   * The rate for records of a selector or of interfaces, or else the domain's. A record without a selector
   * gets the rate that all selectors share. Undefined when unknown.
   * @param selector NaN for none; likewise the interfaces
   */
  of(selector: number, ingressInterface: number, egressInterface: number): number | undefined {
    const { selector: selectors, ingressInterface: ingress, egressInterface: egress } = this.#apart;
    const apart = selectors.get(selector) ?? ingress.get(ingressInterface) ?? egress.get(egressInterface);
    const rate = apart ?? this.#rate;
    if (rate !== undefined || !Number.isNaN(selector) || selectors.size === 0) return rate;
    const [first, ...others] = new Set(selectors.values());
    return others.length === 0 ? first : undefined;
  }
}
