import type { ExporterStatement } from '../../../api/contract.ts';
import { formatCount, formatSpan } from '../../../flow/index.ts';
import { Name, shownName } from '../names/index.ts';
import { type Polled, type Sample, valuesOf } from '../process/index.ts';
import { localText } from '../time/index.ts';
import { agentsOf, meteredShare, type ShownExporters } from './exporters.ts';

interface ExporterParts {
  readonly exporters: Polled<ShownExporters>;
  readonly samples: Polled<readonly Sample[]>;
}

const NOT_TOLD = <span class="soft">not told</span>;

/** Who sends records, how far behind each is, and how much of its host it sees. */
export function ExporterTables({ exporters: { latest, lack, fault }, samples }: ExporterParts) {
  const exporters = latest?.listed;
  const leftOut = latest === undefined ? 0 : latest.count - latest.listed.length;
  const agents = agentsOf(samples.latest ?? []);
  const build = valuesOf(samples.latest ?? [], 'weir_build_info')[0]?.labels;
  return (
    <section class="card" aria-label="exporters">
      <h2>Exporters</h2>
      {exporters === undefined && <p class="soft">{lack ?? fault ?? 'Asking …'}</p>}
      {exporters?.length === 0 && <p>No exporter has sent a record yet.</p>}
      {exporters !== undefined && exporters.length > 0 && (
        <div class="table-scroll">
          <table class="listing">
            <caption class="unseen">
              exporters: those that may miss flows first, then those furthest behind
            </caption>
            <thead>
              <tr>
                <th scope="col">exporter</th>
                <th scope="col">name</th>
                <th scope="col">certificate</th>
                <th scope="col">software</th>
                <th scope="col">protocol</th>
                <th scope="col">first record</th>
                <th scope="col" class="number">
                  last record
                </th>
                <th scope="col" class="number">
                  records
                </th>
                <th scope="col" class="number">
                  lost on the way
                </th>
                <th scope="col" class="number">
                  never sent
                </th>
                <th scope="col" class="number">
                  packets seen
                </th>
                <th scope="col">may miss flows</th>
              </tr>
            </thead>
            <tbody>
              {exporters.map((one) => (
                <ExporterRow key={`${one.exporter} ${one.domain} ${one.protocol}`} one={one} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {leftOut > 0 && (
        <p>
          These are exporters that may miss flows, then those that are furthest behind. {formatCount(leftOut)}{' '}
          more are left out: <code>weir get exporters</code> lists all.
        </p>
      )}
      {agents.map(({ node, countedShare, begun, neverSeen, blindBecause }) => (
        <p key={node}>
          The agent in this process{node !== '' && <> on {<Name value={node} />}</>}
          {countedShare !== undefined &&
            `: connection tracking counted ${(countedShare * 100).toFixed(1)} % of the host's IP packets`}
          {begun !== undefined &&
            neverSeen !== undefined &&
            `; ${formatCount(neverSeen)} of ${formatCount(begun)} connections were never seen`}
          .
          {blindBecause.map((reason) => (
            <strong key={reason} class="warning">
              {' '}
              It may miss connections: {reason}.
            </strong>
          ))}
        </p>
      ))}
      {build !== undefined && <p class="soft">This process runs Weir {build.version}.</p>}
      {exporters !== undefined && (
        <p class="soft">
          An exporter that is no agent, or an older one, tells neither its version nor what it sees.
        </p>
      )}
    </section>
  );
}

function ExporterRow({ one }: { one: ExporterStatement }) {
  const share = meteredShare(one);
  return (
    <tr>
      <td>
        <Name value={one.exporter} />
        {one.domains !== undefined && ` (${formatCount(one.domains)} more that are open)`}
      </td>
      <td>{one.name === undefined ? NOT_TOLD : <Name value={one.name} />}</td>
      <td>{one.peerName === undefined ? '' : <Name value={one.peerName} />}</td>
      <td>{one.software === undefined ? NOT_TOLD : shownName(one.software)}</td>
      <td>{one.protocol}</td>
      <td>{one.firstRecord === undefined ? 'none yet' : localText(Date.parse(one.firstRecord))}</td>
      <td class="number">{one.lagMs === undefined ? '' : `${formatSpan(one.lagMs)} ago`}</td>
      <td class="number">{formatCount(one.records)}</td>
      <td class="number">{formatCount(one.lostRecords)}</td>
      <td class="number">{one.unsentRecords === undefined ? NOT_TOLD : formatCount(one.unsentRecords)}</td>
      <td class="number">{share === undefined ? NOT_TOLD : `${(share * 100).toFixed(1)} %`}</td>
      <td>
        {one.blindBecause === undefined
          ? NOT_TOLD
          : one.blindBecause.map((reason) => (
              <strong key={reason} class="warning">
                {shownName(reason)}{' '}
              </strong>
            ))}
      </td>
    </tr>
  );
}
