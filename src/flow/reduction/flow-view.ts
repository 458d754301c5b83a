import { type FlowFilter, rowTest } from '../filter.ts';
import type { FlowBatch } from '../flow-batch.ts';
import { metNamespacesIn } from './met-namespaces.ts';
import type { NamespaceReader } from './namespace-reader.ts';
import { reducedBatch } from './reduced-batch.ts';
import { reductionFor } from './reduction.ts';

/** A batch as somebody may read it. */
export interface FlowView {
  /** Its rows are those of the original; what may not be read has no value in them. */
  readonly batch: FlowBatch;
  /** Whether a row may be read at all. Undefined: every row may. */
  readonly mayRead: ((row: number) => boolean) | undefined;
}

/**
 * A batch as its reader may read it, who is asked about the namespaces in it.
 * @param reader undefined: somebody who may read all
 */
export async function viewFor(batch: FlowBatch, reader: NamespaceReader | undefined): Promise<FlowView> {
  if (reader === undefined) return { batch, mayRead: undefined };
  const namespaces = await reader.namespacesAmong(metNamespacesIn(batch));
  if (namespaces.readable.length === 0) return { batch, mayRead: () => false };
  const reduction = reductionFor(namespaces);
  return { batch: reducedBatch(batch, reduction), mayRead: rowTest(reduction.mayRead, batch) };
}

/** A test of the rows that may be read and pass the filter. It sees only what may be read. */
export function rowsIn({ batch, mayRead }: FlowView, filter: FlowFilter): (row: number) => boolean {
  const passes = filter.bind(batch);
  return mayRead === undefined ? passes : (row) => mayRead(row) && passes(row);
}
