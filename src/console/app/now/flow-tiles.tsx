import { formatCount } from '../../../flow/index.ts';
import { linkTo } from '../address/index.ts';
import { changeText, exactOf, exactText, measureText } from '../counts/index.ts';
import { changedFilter } from '../filter/index.ts';
import type { PairDimensions } from '../groups/index.ts';
import { Name } from '../names/index.ts';
import { type Hop, readsNoFirewall } from '../process/index.ts';
import { localText } from '../time/index.ts';
import { deniedQuery, exploreLinkOf, pairsQuery, totalMeasures, totalsQuery } from './now-questions.ts';
import { type DeniedPair, denialsOf, type PairCount, pairChanges } from './pair-changes.ts';
import { Tile, TileRows } from './tile.tsx';
import type { NowAnswers } from './use-now.ts';

const totalTitles: Readonly<Record<(typeof totalMeasures)[number], string>> = {
  octets: 'octets',
  packets: 'packets',
  flows: 'new flows',
  deniedFlows: 'denied',
  unansweredFlows: 'unanswered',
  resetFlows: 'reset',
};

interface NowParts {
  readonly now: NowAnswers;
}

/** Totals beside those of the minutes before; each leads to its course. */
export function TotalsTile({ now }: NowParts) {
  const { span, where, totals } = now;
  const query = totalsQuery(span, where);
  const unknown = unknownBefore(now);
  return (
    <Tile title="All flows" link={exploreLinkOf(query, 'stacked')}>
      <dl class="totals">
        {totalMeasures.map((measure, place) => {
          const count = exactOf(totals.totals[place]);
          const before = exactOf(totals.previousTotals?.[place]);
          return (
            <div key={measure}>
              <dt>{totalTitles[measure]}</dt>
              <dd data-measure={measure} data-count={String(count)} title={exactText(measure, count)}>
                <a href={linkTo(exploreLinkOf({ ...query, measures: [measure] }, 'stacked'))}>
                  {measureText(measure, count)}
                </a>
              </dd>
              {unknown === undefined ? (
                <dd class="soft" title={exactText(measure, before)}>
                  {changeText(count, before) || '±0 %'}, before {measureText(measure, before)}
                </dd>
              ) : (
                <dd class="soft" title={unknown}>
                  before unknown
                </dd>
              )}
            </div>
          );
        })}
      </dl>
    </Tile>
  );
}

const PAIR_ROWS = 8;

export function PairsTile({ now }: NowParts) {
  const { span, where, pairs, by } = now;
  return (
    <Tile title="Busiest pairs" link={exploreLinkOf(pairsQuery(span, where, by), 'sankey')}>
      <TileRows rows={pairChanges(pairs).busiest} most={PAIR_ROWS} none="No flow in these minutes.">
        {(pair) => <PairRow now={now} pair={pair} isEnded={false} />}
      </TileRows>
    </Tile>
  );
}

export function NewPairsTile({ now }: NowParts) {
  const { fresh, isCut } = pairChanges(now.pairs);
  const unknown = unknownBefore(now);
  return (
    <Tile title="New pairs" link={comparedLink(now)}>
      {unknown !== undefined ? (
        <p class="soft">{unknown}</p>
      ) : (
        <TileRows rows={fresh} most={PAIR_ROWS} none="None: all pairs talked before, too.">
          {(pair) => <PairRow now={now} pair={pair} isEnded={false} />}
        </TileRows>
      )}
      {isCut && <CutLine />}
    </Tile>
  );
}

export function EndedPairsTile({ now }: NowParts) {
  const { ended, isCut } = pairChanges(now.pairs);
  const unknown = unknownBefore(now);
  return (
    <Tile title="Ended pairs" link={comparedLink(now)}>
      {unknown !== undefined ? (
        <p class="soft">{unknown}</p>
      ) : (
        <TileRows rows={ended} most={PAIR_ROWS} none="None: all pairs of before still talk.">
          {(pair) => <PairRow now={now} pair={pair} isEnded />}
        </TileRows>
      )}
      {isCut && <CutLine />}
    </Tile>
  );
}

const comparedLink = ({ span, where, by }: NowAnswers) =>
  exploreLinkOf(pairsQuery(span, where, by), 'matrix');

const CutLine = () => <p class="soft">Only the 1,000 busiest pairs are compared.</p>;

/** Why the minutes before cannot be compared with. */
function unknownBefore({ before, startMs }: NowAnswers): string | undefined {
  if (startMs !== undefined && startMs > before.fromMs)
    return `Unknown: Weir runs only since ${localText(startMs)}.`;
  const { gaps, coveredFromMs, unreadableRecords } = before.coverage;
  if (unreadableRecords !== 0) return 'Unknown: some records of the minutes before cannot be read.';
  const [gap] = gaps;
  if (gap !== undefined)
    return `Unknown: no records ${localText(gap.fromMs)} – ${localText(gap.toMs)} (${gap.why}).`;
  return coveredFromMs === undefined ? 'Unknown: no record of the minutes before is stored.' : undefined;
}

function PairRow({ now, pair, isEnded }: NowParts & { pair: PairCount; isEnded: boolean }) {
  const { key, octets, before } = pair;
  const shown = isEnded ? before : octets;
  const isCompared = unknownBefore(now) === undefined;
  return (
    <>
      <a class="pair" href={linkTo(pairLink(now, key, isEnded))}>
        <Name value={key[0] ?? null} />
        <span aria-hidden="true"> → </span>
        <span class="unseen">to</span>
        <Name value={key[1] ?? null} />
      </a>
      <span class="pair-count" data-count={String(shown)} title={exactText('octets', shown)}>
        {measureText('octets', shown)}
      </span>
      <span class="pair-change soft">{isEnded ? 'before' : isCompared && changeText(octets, before)}</span>
    </>
  );
}

/** The flows of a pair, one by one. Those of an ended pair are in the minutes before. */
function pairLink({ span, where, by, before }: NowAnswers, key: PairCount['key'], isEnded: boolean) {
  return {
    page: 'flows',
    last: undefined,
    from: isEnded ? new Date(before.fromMs).toISOString() : span,
    to: isEnded ? new Date(before.toMs).toISOString() : undefined,
    where: pairFilter(where, by, key),
  };
}

const pairFilter = (where: string, by: PairDimensions, key: PairCount['key']): string =>
  changedFilter(
    where,
    {
      tests: by.map((dimension, place) => ({ dimension, value: key[place] ?? null })),
      isEither: false,
    },
    false,
  );

/** Who was denied, and by which policy. */
export function DeniedTile({ now, ledger }: NowParts & { ledger: readonly Hop[] | undefined }) {
  const { span, where, by, denied } = now;
  const query = deniedQuery(span, where, by);
  const rows = denialsOf(denied);
  return (
    <Tile title="Denied" link={exploreLinkOf(query, 'sankey')} isWarning={rows.length > 0}>
      <TileRows rows={rows} most={6} none="No policy denied a flow.">
        {(denial) => <DeniedRow now={now} denial={denial} filter={query.where!} />}
      </TileRows>
      {ledger !== undefined && readsNoFirewall(ledger) && (
        <p class="soft">
          This host's firewall is not read, so what it denies is not seen: <code>weir up --denied GROUP</code>{' '}
          reads the NFLOG group of its log.
        </p>
      )}
    </Tile>
  );
}

function DeniedRow({ now, denial, filter }: NowParts & { denial: DeniedPair; filter: string }) {
  const { key, policies, flows } = denial;
  const link = { ...pairLink(now, key, false), where: pairFilter(filter, now.by, key) };
  return (
    <>
      <a class="pair" href={linkTo(link)}>
        <Name value={key[0] ?? null} />
        <span aria-hidden="true"> ⇥ </span>
        <span class="unseen">denied to</span>
        <Name value={key[1] ?? null} />
      </a>
      <span class="pair-count" data-count={String(flows)}>
        {formatCount(flows)} {flows === 1n ? 'flow' : 'flows'}
      </span>
      <span class="pair-policy soft">
        {policies.length === 0
          ? 'by no policy that a record names'
          : policies.map((policy, place) => (
              <>
                {place === 0 ? 'by ' : ' and '}
                <Name value={policy} />
              </>
            ))}
      </span>
    </>
  );
}
