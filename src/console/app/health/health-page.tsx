import type { Page } from '../page.ts';
import { askLedger, askReadiness, askSamples, hopLosses, usePolled } from '../process/index.ts';
import { ExporterTables } from './exporter-tables.tsx';
import { askExporters, exporterMetrics } from './exporters.ts';
import { HistoryReach } from './history-reach.tsx';
import { LossTable } from './loss-table.tsx';
import { PipePicture } from './pipe-picture.tsx';

const EVERY_MS = 5_000;

function HealthView() {
  const ledger = usePolled(askLedger, EVERY_MS);
  const readiness = usePolled(askReadiness, EVERY_MS);
  const samples = usePolled((signal) => askSamples(exporterMetrics, signal), EVERY_MS);
  const exporters = usePolled(askExporters, EVERY_MS);
  const { status, problems = [], remarks = [] } = readiness.latest ?? {};
  return (
    <>
      <h1 class="unseen">Health</h1>
      {ledger.fault !== undefined && (
        <p class="fault" role="alert">
          {ledger.fault}
        </p>
      )}
      <section class="card" aria-label="readiness">
        {readiness.lack !== undefined && <p>{readiness.lack}</p>}
        {readiness.lack === undefined && (
          <p class={status === 'blind' ? 'health-state warning' : 'health-state'} role="status">
            {status === undefined
              ? (readiness.fault ?? 'Asking …')
              : {
                  ready: 'Weir is ready: all parts run, and it sees what it should.',
                  starting: 'Weir is starting.',
                  blind: 'Weir may miss flows:',
                }[status]}
          </p>
        )}
        <ul class="health-words">
          {[...problems, ...remarks].map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </section>
      {ledger.lack !== undefined && (
        <section class="card" aria-label="the pipe">
          <h2>The pipe</h2>
          <p class="soft">{ledger.lack}</p>
        </section>
      )}
      {ledger.latest !== undefined && (
        <>
          <PipePicture
            hops={ledger.latest}
            samples={samples.latest ?? []}
            exporters={exporters.latest?.listed ?? []}
          />
          <LossTable
            losses={hopLosses(ledger.latest, ledger.first ?? [])}
            sinceMs={ledger.latestMs - ledger.firstMs}
          />
        </>
      )}
      <ExporterTables exporters={exporters} samples={samples} />
      <HistoryReach />
    </>
  );
}

export const healthPage: Page = {
  name: 'health',
  title: 'Health',
  hasTime: false,
  hasFilter: false,
  View: HealthView,
};
