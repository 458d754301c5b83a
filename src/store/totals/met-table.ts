import type { MetNamespaces } from '../../flow/index.ts';
import { WeirError } from '../../runtime/index.ts';

/** Combinations of namespaces that a reader is asked about. */
export const MOST_MET = 100_000;
/** Each namespace may be a question to the API server of the cluster. */
const MOST_NAMESPACES = 10_000;

/** Gathers which namespaces meet in the parts of a history, each combination once. */
export class MetTable {
  readonly #met = new Map<string, MetNamespaces>();
  readonly #names = new Set<string>();

  add(met: MetNamespaces): void {
    const { source, destination, service } = met;
    this.#met.set(JSON.stringify([source, destination, service]), met);
    for (const name of [source, destination, service]) if (name !== undefined) this.#names.add(name);
  }

  /** @throws {WeirError} WEIR_QUERY_SLOW when there are too many */
  all(): readonly MetNamespaces[] {
    if (this.#met.size > MOST_MET || this.#names.size > MOST_NAMESPACES) throw tooManyError();
    return [...this.#met.values()];
  }
}

const tooManyError = (): WeirError =>
  new WeirError('WEIR_QUERY_SLOW', 'there are flows between too many namespaces to ask who may read them', {
    remedy: `Ask about a shorter time: it may have ${MOST_NAMESPACES} namespaces, which meet in ${MOST_MET} ways.`,
  });
