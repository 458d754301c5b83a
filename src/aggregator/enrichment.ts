import {
  type EnrichableField,
  enricherFields,
  type FlowBatch,
  type FlowEnricher,
  FlowFilling,
} from '../flow/index.ts';
import type { Account } from '../runtime/index.ts';
import type { Names } from './names.ts';

const withoutPlace: ReadonlySet<EnrichableField> = new Set(enricherFields);

interface FillingEnricher {
  readonly enricher: FlowEnricher;
  readonly filling: FlowFilling;
}

/**
 * Lets enrichers name flows in their records, one after the other. What the flow's own nodes said stays, and
 * the first enricher to fill a field wins. Rows of the flow table never learn these names, so that they
 * decide nothing about which records are of one flow.
 */
export class Enrichment {
  readonly #enrichers: readonly FillingEnricher[];
  /** Fields of the batch that no row of the flow table fills: they still have what an older record had. */
  readonly #cleared: readonly EnrichableField[];
  readonly #names: Names;
  readonly #flows: Account;

  /** @throws {RangeError} if an enricher would fill a field that is not enrichable */
  constructor(enrichers: readonly FlowEnricher[], names: Names, flows: Account) {
    this.#names = names;
    this.#flows = flows;
    const textId = (text: string) => names.textId(text);
    this.#enrichers = enrichers.map((enricher) => ({ enricher, filling: new FlowFilling(enricher, textId) }));
    this.#cleared = [...new Set(enrichers.flatMap(({ fills }) => fills))].filter((field) =>
      withoutPlace.has(field),
    );
  }

  /**
   * Enriches rows `from` to `to` of a batch, without `to`. Call it for all of them, from the first on. What
   * an enricher that fails has filled by then stays.
   */
  enrich(batch: FlowBatch, from: number, to: number): void {
    const { exporter } = this.#names;
    this.#names.exporter = 0; // The names are no exporter's.
    if (from === 0) for (const field of this.#cleared) batch.columns[field].fill(0);
    for (const pair of this.#enrichers) {
      // Only the record that is the reason lacks names.
      if (this.#letFill(pair, batch, from, to)) continue;
      for (let row = from; row < to; row++) {
        if (!this.#letFill(pair, batch, row, row + 1))
          this.#flows.note(`enrichment failed: ${pair.enricher.name}`);
      }
    }
    this.#names.exporter = exporter;
  }

  #letFill({ enricher, filling }: FillingEnricher, batch: FlowBatch, from: number, to: number): boolean {
    try {
      filling.begin(batch, from, to);
      enricher.enrich(batch, from, to, filling);
      return true;
    } catch {
      return false;
    }
  }
}
