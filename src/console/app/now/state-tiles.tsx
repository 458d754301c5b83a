import { formatBitRate, formatCount, formatSpan } from '../../../flow/index.ts';
import { linkTo } from '../address/index.ts';
import { changedFilter } from '../filter/index.ts';
import { Name, shownName } from '../names/index.ts';
import { askSamples, type Hop, hopLosses, type Polled, usePolled } from '../process/index.ts';
import { linkUses, NEARLY_FULL, usedLinkMetrics } from './saturated-links.ts';
import { Tile, TileRows } from './tile.tsx';
import { useQuiet } from './use-now.ts';

export const STATE_EVERY_MS = 10_000;

/** The ledger in a line. */
export function LostTile({ ledger }: { ledger: Polled<readonly Hop[]> }) {
  const { latest, first, latestMs, firstMs, fault, lack } = ledger;
  const losses = latest === undefined ? [] : hopLosses(latest, first ?? []).filter(({ isLoss }) => isLoss);
  const unbalanced = latest?.filter(({ closed }) => !closed) ?? [];
  return (
    <Tile
      title="Lost"
      link={{ page: 'health', last: undefined, where: undefined }}
      fault={fault}
      lack={lack}
      isWarning={losses.length > 0}
    >
      {latest !== undefined && (
        <TileRows rows={losses} most={4} none="Nothing was lost since the start: the ledger balances.">
          {({ hop, unit, reason, count, growth }) => (
            <>
              <span>
                <bdi>{shownName(hop)}</bdi>: {shownName(reason)}
              </span>
              <span class="pair-count">
                {formatCount(count)} {unit}
              </span>
              <span class="pair-change soft">
                {latestMs === firstMs
                  ? 'since the start'
                  : `${growth === 0 ? 'none' : `+${formatCount(growth)}`} in the last ${formatSpan(latestMs - firstMs)}`}
              </span>
            </>
          )}
        </TileRows>
      )}
      {unbalanced.length > 0 && (
        <p class="warning">
          Accounts that do not balance at this moment: {unbalanced.map(({ name }) => name).join(', ')}.
        </p>
      )}
    </Tile>
  );
}

/**
 * Workloads that carry far less than at this time of former days.
 * @param isReady whether the questions of the other tiles are answered: these take longer
 */
export function QuietTile({ where, isReady }: { where: string; isReady: boolean }) {
  const { latest, fault } = useQuiet(where, isReady);
  const quiet = latest?.isKnown === true ? latest.quiet : [];
  return (
    <Tile
      title="Quiet workloads"
      link={{
        page: 'explore',
        by: 'sourceWorkload',
        picture: 'lines',
        from: '24h',
        to: undefined,
        compare: '1d',
        last: undefined,
      }}
      fault={fault}
      isWarning={quiet.length > 0}
    >
      {latest === undefined && fault === undefined && <p class="soft">Asking former days …</p>}
      {latest?.isKnown === false && <p class="soft">Cannot be known yet: {latest.why}.</p>}
      {latest?.isKnown === true && (
        <TileRows
          rows={quiet}
          most={6}
          none={`None carries less than 40 % of what is usual at this time of ${latest.days} former days.`}
        >
          {({ workload, rate, usual }) => (
            <>
              <a class="pair" href={linkTo(workloadLink(where, workload))}>
                <Name value={workload} />
              </a>
              <span class="pair-count">{formatBitRate(8 * rate)}</span>
              <span class="pair-change soft">usually {formatBitRate(8 * usual)}</span>
            </>
          )}
        </TileRows>
      )}
      <p class="soft small">
        The alerts about quiet workloads also weigh weeks, pauses and rollouts. This does not.
      </p>
    </Tile>
  );
}

const workloadLink = (where: string, workload: string) => ({
  page: 'explore',
  picture: 'stacked',
  from: '24h',
  to: undefined,
  compare: '1d',
  last: undefined,
  where: changedFilter(
    where,
    {
      tests: [
        { dimension: 'sourceWorkload', value: workload },
        { dimension: 'destinationWorkload', value: workload },
      ],
      isEither: true,
    },
    false,
  ),
});

/** How full the links of the host are, which the history does not know. */
export function LinksTile() {
  const { latest, first, latestMs, firstMs, fault, lack } = usePolled(
    (signal) => askSamples(usedLinkMetrics, signal),
    STATE_EVERY_MS,
  );
  const uses = linkUses(first ?? [], latest ?? [], latestMs - firstMs);
  const hasLinks = latest !== undefined && latest.length > 0;
  return (
    <Tile
      title="Links"
      link={undefined}
      fault={fault}
      lack={lack}
      isWarning={uses.some(({ share }) => share >= NEARLY_FULL)}
    >
      {latest !== undefined && !hasLinks && (
        <p class="soft">Unknown: no agent in this process counts links. Agents have the metrics of theirs.</p>
      )}
      {hasLinks && latestMs === firstMs && <p class="soft">Measuring …</p>}
      {hasLinks && latestMs > firstMs && (
        <TileRows rows={uses} most={4} none="No link of this host has a known speed.">
          {({ node, link, direction, share }) => (
            <>
              <span>
                {node !== '' && <Name value={node} />} <Name value={link} /> {direction}
              </span>
              <span class="pair-count">{(100 * share).toFixed(1)} % full</span>
              <span class="pair-change soft">in {formatSpan(latestMs - firstMs)}</span>
            </>
          )}
        </TileRows>
      )}
    </Tile>
  );
}
