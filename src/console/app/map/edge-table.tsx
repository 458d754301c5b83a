import { useState } from 'preact/hooks';
import { formatCount } from '../../../flow/index.ts';
import { measureText, shareText } from '../counts/index.ts';
import { shownName } from '../names/index.ts';
import { edgeLink } from './edge-link.ts';
import type { MapEdge, MapGraph } from './map-graph.ts';

interface EdgeTableParts {
  readonly graph: MapGraph;
  readonly edges: readonly MapEdge[];
  readonly where: string;
  readonly total: bigint;
}

const FIRST_ROWS = 50;

/** The numbers of the edges, for those who do not see the picture, and to find one by name. */
export function EdgeTable({ graph, edges, where, total }: EdgeTableParts) {
  const [isWhole, setWhole] = useState(false);
  const titles = new Map(graph.boxes.map(({ id, title }) => [id, shownName(title)]));
  const rows = isWhole ? edges : edges.slice(0, FIRST_ROWS);
  return (
    <section class="card" aria-label="edges">
      <div class="table-scroll">
        <table class="groups">
          <caption class="unseen">edges of the map, the busiest first</caption>
          <thead>
            <tr>
              <th scope="col" class="value">
                source
              </th>
              <th scope="col" class="value">
                destination
              </th>
              <th scope="col">octets</th>
              <th scope="col">share</th>
              <th scope="col">flows</th>
              <th scope="col">denied</th>
              <th scope="col">unanswered</th>
              <th scope="col">links</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((edge) => (
              <tr key={edge.from + edge.to}>
                <td class="value">
                  <bdi class="name">{titles.get(edge.from)}</bdi>
                </td>
                <td class="value">
                  <bdi class="name">{titles.get(edge.to)}</bdi>
                </td>
                <td data-count={String(edge.octets)} title={`${formatCount(edge.octets)} octets`}>
                  {measureText('octets', edge.octets)}
                </td>
                <td>{shareText(edge.octets, total)}</td>
                <td>{formatCount(edge.flows)}</td>
                <td>{edge.deniedFlows === 0n ? '' : formatCount(edge.deniedFlows)}</td>
                <td>{edge.unansweredFlows === 0n ? '' : formatCount(edge.unansweredFlows)}</td>
                <td>
                  <a href={edgeLink(edge, where, 'explore')}>Explore</a>{' '}
                  <a href={edgeLink(edge, where, 'flows')}>Flows</a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length < edges.length && (
        <button type="button" class="button" onClick={() => setWhole(true)}>
          Show all {formatCount(edges.length)}
        </button>
      )}
    </section>
  );
}
