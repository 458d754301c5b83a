import type { FlowBatch } from '../flow/index.ts';
import type { Enrichment } from './enrichment.ts';
import { FlowReport } from './flow-report.ts';
import { FLAGS, FlowFlag, ROW_WORDS } from './flow-row.ts';
import { type FlowTable, rowAt } from './flow-table.ts';
import type { Names } from './names.ts';

export interface FlowListingParts {
  readonly table: FlowTable;
  readonly names: Names;
  readonly clusterId: string | undefined;
  /** Undefined without enrichers. */
  readonly enrichment: Enrichment | undefined;
}

/**
 * The flows now in the table, in batches, as they would be reported. Nothing counts as reported. Whoever
 * reads them may pause between two batches: flows that come or go meanwhile may be missing.
 */
export function* listFlows({ table, names, clusterId, enrichment }: FlowListingParts): Generator<FlowBatch> {
  let report = new FlowReport(names, clusterId);
  let dictionary = names.dictionary;
  for (const row of table.rows()) {
    if (names.dictionary !== dictionary) {
      yield* takenFrom(report, enrichment);
      ({ dictionary } = names);
      report = new FlowReport(names, clusterId);
    }
    const page = table.page(row);
    const flags = page.words[rowAt(row) * ROW_WORDS + FLAGS]!;
    report.write(page, rowAt(row), flags & FlowFlag.endReason);
    if (report.batch.isFull) yield* takenFrom(report, enrichment);
  }
  yield* takenFrom(report, enrichment);
}

function* takenFrom(report: FlowReport, enrichment: Enrichment | undefined): Generator<FlowBatch> {
  report.complete();
  enrichment?.enrich(report.batch, 0, report.batch.length);
  const batch = report.take();
  if (batch !== undefined) yield batch;
}
