import { formatCount, formatSpan } from '../../../flow/index.ts';
import { Name } from '../names/index.ts';
import { type Sample, valuesOf } from '../process/index.ts';
import { agentsOf, exportersOf } from './exporters.ts';

/** Who sends records, how far behind each is, and what the agent in this process sees of its host. */
export function ExporterTables({ samples, nowMs }: { samples: readonly Sample[]; nowMs: number }) {
  const exporters = exportersOf(samples, nowMs);
  const agents = agentsOf(samples);
  const build = valuesOf(samples, 'weir_build_info')[0]?.labels;
  return (
    <section class="card" aria-label="exporters">
      <h2>Exporters</h2>
      {exporters.length === 0 ? (
        <p>No exporter has sent a record yet.</p>
      ) : (
        <div class="table-scroll">
          <table class="listing">
            <caption class="unseen">exporters, the one that is furthest behind first</caption>
            <thead>
              <tr>
                <th scope="col">exporter</th>
                <th scope="col">name</th>
                <th scope="col">protocol</th>
                <th scope="col" class="number">
                  last record
                </th>
                <th scope="col" class="number">
                  lost on the way
                </th>
                <th scope="col" class="number">
                  never sent
                </th>
              </tr>
            </thead>
            <tbody>
              {exporters.map((one) => (
                <tr key={`${one.exporter} ${one.domain} ${one.protocol}`}>
                  <td>
                    <Name value={one.exporter} />
                  </td>
                  <td>{one.peerName === undefined ? '' : <Name value={one.peerName} />}</td>
                  <td>{one.protocol}</td>
                  <td class="number">{one.lagMs === undefined ? '' : `${formatSpan(one.lagMs)} ago`}</td>
                  <td class="number">{formatCount(one.lostRecords)}</td>
                  <td class="number">{formatCount(one.unsentRecords)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
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
      <p class="soft">
        {build !== undefined && `This process runs Weir ${build.version}. `}
        Agents on other nodes do not tell this process their version and coverage: their own /metrics do.
      </p>
    </section>
  );
}
