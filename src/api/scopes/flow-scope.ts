import type { IncomingMessage } from 'node:http';
import type { FlowBatch, FlowFilter, NamespaceReader } from '../../flow/index.ts';

/** A batch as somebody may read it. */
export interface FlowView {
  /** Its rows are those of the original; what may not be read has no value in them. */
  readonly batch: FlowBatch;
  /** Whether a row may be read at all. Undefined: every row may. */
  readonly mayRead: ((row: number) => boolean) | undefined;
}

/** Which flows somebody may read, and what of them: the same live, from window, table and history. */
export interface FlowScope {
  /** By whose name the client asks; undefined: nobody in particular. */
  readonly reader?: string;
  /** Different for callers whose rights may differ. */
  readonly key?: string;
  /**
   * A batch that may be read whole is returned as it is, without a look at its rows.
   * @throws {HttpError} when the rights cannot be determined
   */
  view(batch: FlowBatch): FlowView | Promise<FlowView>;
  /**
   * Whether the client may read what is about the namespace, undefined for what is about none. Without it
   * everything may be read.
   * @throws {HttpError} when the rights cannot be determined
   */
  mayRead?(namespace: string | undefined): Promise<boolean>;
  /**
   * Somebody who may read some namespaces; undefined for who may read all.
   * @throws {HttpError} when that cannot be determined
   */
  namespaceReader(): Promise<NamespaceReader | undefined>;
}

/** To read flows that there are, or to follow new ones: the verbs of Kubernetes. */
export type FlowVerb = 'list' | 'watch';

/**
 * The scope of the client that sent a request.
 * @throws {HttpError} when it may not read flows, or when that cannot be determined
 */
export type ScopeOf = (request: IncomingMessage, verb: FlowVerb) => Promise<FlowScope>;

/** The scope of who may read all. */
export const everyFlow: FlowScope = {
  view: (batch) => ({ batch, mayRead: undefined }),
  namespaceReader: async () => undefined,
};

/** A test of the rows that may be read and pass the filter. It sees only what may be read. */
export function rowsIn({ batch, mayRead }: FlowView, filter: FlowFilter): (row: number) => boolean {
  const passes = filter.bind(batch);
  return mayRead === undefined ? passes : (row) => mayRead(row) && passes(row);
}
