/**
 * What of flows somebody may read who may read some namespaces. One description (`reduction.ts`) says it.
 * Batches follow it here, and files of a history follow it in SQL.
 */
export { type Identity, identityFields } from './end-fields.ts';
export { type FlowView, rowsIn, viewFor } from './flow-view.ts';
export { type MetNamespaces, metNamespaceFields, metNamespacesIn } from './met-namespaces.ts';
export type { KnownNamespaces, NamespaceReader } from './namespace-reader.ts';
export { reducedBatch } from './reduced-batch.ts';
export { type Reduction, reductionFor } from './reduction.ts';
