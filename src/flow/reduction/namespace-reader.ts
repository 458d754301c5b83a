import type { MetNamespaces } from './met-namespaces.ts';

/** What somebody may read, of the namespaces that he was asked about. */
export interface KnownNamespaces {
  /** He may read flows with an end in one of them. */
  readonly readable: readonly string[];
  /** He may know who an end in one of them is, also those that he may read. Undefined: who any end is. */
  readonly known: readonly string[] | undefined;
}

/** Somebody who may read the flows of some namespaces only. */
export interface NamespaceReader {
  /** Whether he may know who any end is, also one without a namespace. */
  readonly knowsAnyEnd: boolean;
  /** What he may read of flows in which these namespaces meet. */
  namespacesAmong(met: readonly MetNamespaces[]): Promise<KnownNamespaces>;
}
