import type { IncomingMessage } from 'node:http';
import type { FlowBatch, FlowView, NamespaceReader } from '../../flow/index.ts';

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
