import type { ExporterStatement } from '../../../api/contract.ts';
import { formatCount } from '../../../flow/index.ts';
import { shownName } from '../names/index.ts';
import { type Hop, type Sample, stages, stageTitles } from '../process/index.ts';
import { meteredShare, sinkOf } from './exporters.ts';

interface PipeParts {
  readonly hops: readonly Hop[];
  readonly samples: readonly Sample[];
  readonly exporters: readonly ExporterStatement[];
}

/** Exporters that are drawn; the table has all. */
const MOST_DRAWN = 12;

/** The ledger along the pipe, from left to right. Each account shows where what it received has gone. */
export function PipePicture({ hops, samples, exporters }: PipeParts) {
  const told = exporters.filter(({ software }) => software !== undefined);
  return (
    <section class="card" aria-label="the pipe">
      <h2>The pipe</h2>
      <p class="soft">In each account: received = sent + dropped + held.</p>
      <ol class="pipe">
        {stages.map((stage) => {
          const here = hops.filter((hop) => hop.stage === stage);
          return (
            here.length > 0 && (
              <li key={stage} class={stage === 'beside' ? 'pipe-stage pipe-beside' : 'pipe-stage'}>
                <h3>{stageTitles[stage]}</h3>
                {stage === 'collected' &&
                  told
                    .slice(0, MOST_DRAWN)
                    .map((one) => <ExporterCard key={`${one.exporter} ${one.domain}`} one={one} />)}
                {stage === 'collected' && told.length > MOST_DRAWN && (
                  <p class="soft">more exporters are in the table below</p>
                )}
                {here.map((hop) => (
                  <HopCard key={`${hop.name} ${hop.unit}`} hop={hop} samples={samples} />
                ))}
              </li>
            )
          );
        })}
      </ol>
    </section>
  );
}

const BAR = 100;

function HopCard({ hop, samples }: { hop: Hop; samples: readonly Sample[] }) {
  const { name, unit, received, sent, droppedCount, lost, held, closed } = hop;
  const sink = name.startsWith('sink ') ? sinkOf(samples, name.slice('sink '.length)) : undefined;
  const widthOf = (count: number) => (received === 0 ? 0 : (count / received) * BAR);
  const [sentWidth, droppedWidth] = [widthOf(sent), widthOf(droppedCount)];
  const drops = Object.entries(hop.dropped).filter(([, count]) => count > 0);
  const events = Object.entries(hop.events).filter(([, count]) => count > 0);
  return (
    <article class={lost > 0 || !closed ? 'hop hop-lossy' : 'hop'} data-hop={name} data-unit={unit}>
      <h4>
        <bdi>{shownName(name)}</bdi> <span class="soft">{unit}</span>
      </h4>
      <svg class="hop-bar" viewBox={`0 0 ${BAR} 8`} preserveAspectRatio="none" aria-hidden="true">
        <rect class="hop-sent" width={sentWidth} height="8" />
        <rect class="hop-dropped" x={sentWidth} width={droppedWidth} height="8" />
        <rect class="hop-held" x={sentWidth + droppedWidth} width={widthOf(held)} height="8" />
      </svg>
      <dl class="hop-counts">
        <Count title="received" count={received} />
        <Count title="sent" count={sent} />
        <Count title="dropped" count={droppedCount} isLoss={lost > 0} />
        <Count title="held" count={held} />
      </dl>
      {!closed && <p class="warning">The account does not balance at this moment.</p>}
      {[...drops, ...events].map(([reason, count]) => (
        <p key={reason} class="hop-reason">
          {shownName(reason)}: {formatCount(count)}
        </p>
      ))}
      {sink !== undefined && (
        <p class={sink.isUp ? 'hop-reason' : 'hop-reason warning'}>
          {sink.isUp ? 'up' : 'its last write failed'}, {formatCount(sink.queued)} of {formatCount(sink.most)}{' '}
          places taken
        </p>
      )}
    </article>
  );
}

/** How much of its host an exporter sees. */
function ExporterCard({ one }: { one: ExporterStatement }) {
  const share = meteredShare(one);
  const reasons = one.blindBecause ?? [];
  return (
    <article class={reasons.length > 0 ? 'hop hop-lossy' : 'hop'} data-exporter={one.exporter}>
      <h4>
        <bdi>{shownName(one.name ?? one.exporter)}</bdi> <span class="soft">exporter</span>
      </h4>
      {share !== undefined && (
        <svg class="hop-bar" viewBox={`0 0 ${BAR} 8`} preserveAspectRatio="none" aria-hidden="true">
          <rect class="hop-sent" width={share * BAR} height="8" />
          <rect class="hop-dropped" x={share * BAR} width={(1 - share) * BAR} height="8" />
        </svg>
      )}
      <p class="hop-reason">
        {share === undefined
          ? 'has told of no packets yet'
          : `sees ${(share * 100).toFixed(1)} % of the packets of its host`}
      </p>
      {reasons.map((reason) => (
        <p key={reason} class="hop-reason warning">
          {shownName(reason)}
        </p>
      ))}
    </article>
  );
}

function Count({ title, count, isLoss = false }: { title: string; count: number; isLoss?: boolean }) {
  return (
    <div class={isLoss ? 'loss' : undefined}>
      <dt>{title}</dt>
      <dd data-count={count}>{formatCount(count)}</dd>
    </div>
  );
}
