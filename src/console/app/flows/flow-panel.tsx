import { useEffect, useRef } from 'preact/hooks';
import { formatCount } from '../../../flow/index.ts';
import { linkTo } from '../address/index.ts';
import { shownName } from '../names/index.ts';
import { localText } from '../time/index.ts';
import { endText } from './flow-columns.ts';
import { decisionText, flowSum, type NodeCounts, nodeCounts, rawFields } from './flow-details.ts';
import { lineTime, type RecordLine } from './record-line.ts';

interface FlowPanelParts {
  readonly line: RecordLine;
  /** Among which the other records of its flow are. */
  readonly lines: readonly RecordLine[];
  readonly onClose: () => void;
}

/** One record and its flow: policies, what each node counted, all records, all fields. */
export function FlowPanel({ line, lines, onClose }: FlowPanelParts) {
  const place = useRef<HTMLElement>(null);
  useEffect(() => place.current?.focus(), [line]);
  const ends = (['source', 'destination'] as const).map((end) => shownName(endText(line, end) ?? 'unknown'));
  return (
    <aside
      ref={place}
      class="flow-panel card"
      aria-label="one flow"
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        onClose();
      }}
    >
      <header>
        <h2>
          <bdi>{ends[0]}</bdi> → <bdi>{ends[1]}</bdi>
        </h2>
        <button type="button" class="button" aria-label="close" onClick={onClose}>
          ×
        </button>
      </header>
      <p>
        {shownName(String(line.protocol ?? line.protocolIdentifier ?? ''))}
        {line.destinationTransportPort !== undefined && ` port ${line.destinationTransportPort}`}
        {line.destinationServicePortName !== undefined &&
          `, Service ${shownName(String(line.destinationServicePortName))}`}
      </p>
      <Decisions line={line} />
      <Records line={line} lines={lines} />
      <Halves line={line} />
      <p>
        <a href={linkTo({ where: whereBetween(line) })}>Only flows between these two addresses</a>
      </p>
      <RawFields line={line} />
    </aside>
  );
}

const whereBetween = ({ sourceIP, destinationIP }: RecordLine): string =>
  `peer=${JSON.stringify(sourceIP ?? '')} and peer=${JSON.stringify(destinationIP ?? '')}`;

function Decisions({ line }: { line: RecordLine }) {
  const decisions = (['egress', 'ingress'] as const).map((side) => decisionText(line, side));
  const places = ['at the source', 'at the destination'];
  return (
    <>
      <h3>Policies</h3>
      {decisions.every((text) => text === undefined) && <p>The record names no policy.</p>}
      {decisions.map(
        (text, side) =>
          text !== undefined && (
            <p key={places[side]}>
              {places[side]}: <bdi>{shownName(text)}</bdi>
            </p>
          ),
      )}
    </>
  );
}

function Records({ line, lines }: { line: RecordLine; lines: readonly RecordLine[] }) {
  const { records, deltas, totals, isWhole } = flowSum(line, lines);
  return (
    <>
      <h3>Records of this flow: {formatCount(records.length)} here</h3>
      <div class="table-scroll flow-records">
        <table class="listing">
          <thead>
            <tr>
              <th scope="col">last packet</th>
              <th scope="col">reason</th>
              <th scope="col" class="number">
                octets sent
              </th>
              <th scope="col" class="number">
                received
              </th>
            </tr>
          </thead>
          <tbody>
            {records.map((record) => {
              const ms = lineTime(record);
              return (
                <tr key={`${record.flowEndMilliseconds} ${record.flowEndReason}`}>
                  <td>{ms === undefined ? '' : localText(ms)}</td>
                  <td>{record.flowEndReason ?? ''}</td>
                  <td class="number">{record.octetDeltaCount ?? ''}</td>
                  <td class="number">{record.reverseOctetDeltaCount ?? ''}</td>
                </tr>
              );
            })}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" colSpan={2}>
                sum of these
              </th>
              <td class="number">{formatCount(deltas.sent)}</td>
              <td class="number">{formatCount(deltas.received)}</td>
            </tr>
            <tr>
              <th scope="row" colSpan={2}>
                total in the last record
              </th>
              <td class="number">{formatCount(totals.sent)}</td>
              <td class="number">{formatCount(totals.received)}</td>
            </tr>
          </tfoot>
        </table>
      </div>
      {!isWhole && (
        <p class="soft">These are not all records of the flow: the total also counts earlier ones.</p>
      )}
    </>
  );
}

function Halves({ line }: { line: RecordLine }) {
  const rows = nodeCounts(line);
  const cellOf = (count: NodeCounts['joined']) => (
    <td class="number">{count === undefined ? '–' : formatCount(count)}</td>
  );
  const [source, destination] = [line.sourceNodeName, line.destinationNodeName].map((name) =>
    name === undefined ? '' : ` ${shownName(String(name))}`,
  );
  return (
    <>
      <h3>What each node counted</h3>
      <div class="table-scroll">
        <table class="listing">
          <thead>
            <tr>
              <th scope="col">counter</th>
              <th scope="col" class="number">
                joined
              </th>
              <th scope="col" class="number">
                source node<bdi>{source}</bdi>
              </th>
              <th scope="col" class="number">
                destination node<bdi>{destination}</bdi>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ field, joined, source: ofSource, destination: ofDestination }) => (
              <tr key={field}>
                <th scope="row">{field}</th>
                {cellOf(joined)}
                {cellOf(ofSource)}
                {cellOf(ofDestination)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function RawFields({ line }: { line: RecordLine }) {
  return (
    <>
      <h3>All fields</h3>
      <dl class="raw-fields">
        {rawFields(line).map(({ name, value, element, description }) => (
          <div key={name}>
            <dt>{shownName(name)}</dt>
            <dd>
              <bdi>{shownName(value)}</bdi>
              <small>
                {description}
                {element !== '' && ` (${element})`}
              </small>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
