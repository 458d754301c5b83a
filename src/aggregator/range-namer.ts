import {
  AddressRanges,
  type FlowEnricher,
  type FlowFiller,
  type NamedRange,
  type ReadableBatch,
  RepeatedName,
} from '../flow/index.ts';

/**
 * Names both ends of flows by the address ranges of the configuration; the longest prefix names an address.
 */
export class RangeNamer implements FlowEnricher {
  readonly name = 'ranges';
  readonly fills = ['sourceRangeName', 'destinationRangeName'] as const;
  readonly #ranges: AddressRanges;
  readonly #names: readonly RepeatedName[];

  /** @throws {TypeError} with the range and the invalid network */
  constructor(ranges: readonly NamedRange[]) {
    this.#ranges = new AddressRanges(ranges);
    this.#names = this.#ranges.names.map((name) => new RepeatedName(name));
  }

  enrich({ columns }: ReadableBatch, from: number, to: number, filler: FlowFiller): void {
    for (let row = from; row < to; row++) {
      const source = this.#ranges.find(columns.sourceIP, row * 4);
      if (source >= 0) filler.fillName('sourceRangeName', row, this.#names[source]!);
      const destination = this.#ranges.find(columns.destinationIP, row * 4);
      if (destination >= 0) filler.fillName('destinationRangeName', row, this.#names[destination]!);
    }
  }
}
