import { type FieldName, fieldNames, fieldOf, formatBitRate, formatOctets } from '../../flow/index.ts';
import { printableJson, printableText } from '../../runtime/index.ts';
import { csvCell } from '../../sinks/csv-cell.ts';
import { destinationText, type Flow, sourceText } from './ends.ts';
import { Table, type TableColumn, type TerminalWidth } from './table.ts';

/** A flow record in the form of JSON outputs (`recordToJson` of src/flow). */
export type JsonRecord = Readonly<Record<string, unknown>>;

export const printedFormats = ['table', 'compact', 'json', 'csv'] as const;
export type PrintedFormat = (typeof printedFormats)[number];

/**
 * Turns records into lines, one after another; a table's columns grow with their content. Times are in UTC.
 */
export interface RecordPrinter {
  readonly header: string | undefined;
  line(record: JsonRecord): string;
}

/** @param terminal whose width a table fits; other formats are never cut */
export function recordPrinter(
  format: PrintedFormat,
  terminal: TerminalWidth = () => undefined,
): RecordPrinter {
  switch (format) {
    case 'table':
      return new Table(tableColumns, terminal);
    case 'compact':
      return { header: undefined, line: (record) => printableText(compactLine(record)) };
    case 'json':
      return { header: undefined, line: printableJson };
    case 'csv':
      return {
        header: csvKeys.join(','),
        line: (record) => csvKeys.map((key) => csvCell(record[key])).join(','),
      };
  }
}

const tableColumns: readonly TableColumn<JsonRecord>[] = [
  { title: 'TIME (UTC)', text: timeText, least: 12 },
  { title: 'PROTO', text: protocolText, least: 6, rank: 6 },
  { title: 'SOURCE', text: (record) => sourceText(record as Flow), least: 21 },
  { title: 'DESTINATION', text: (record) => destinationText(record as Flow), least: 21 },
  { title: 'OCTETS', text: octetsText('octetTotalCount'), least: 7, alignRight: true, rank: 5 },
  { title: 'BACK', text: octetsText('reverseOctetTotalCount'), least: 7, alignRight: true, rank: 4 },
  {
    title: 'RATE',
    text: (record) => formatBitRate(numberOf(record.throughput)),
    least: 11,
    alignRight: true,
    rank: 2,
  },
  {
    title: 'RATE BACK',
    text: (record) => formatBitRate(numberOf(record.reverseThroughput)),
    least: 11,
    alignRight: true,
    rank: 1,
  },
  { title: 'RECORD', text: outcomeText, least: 13, rank: 3 },
];

function compactLine(record: JsonRecord): string {
  const counts = `${octetsText('octetTotalCount')(record)} / ${octetsText('reverseOctetTotalCount')(record)}`;
  return `${zonedTimeText(record)} ${protocolText(record)} ${sourceText(record as Flow)} -> ${destinationText(record as Flow)} ${counts} ${outcomeText(record)}`;
}

function timeText(record: JsonRecord): string {
  const time = record.flowEndMilliseconds ?? record.flowStartMilliseconds;
  return typeof time === 'string' ? time.slice(11, 23) : '-';
}

/** For formats without a header that names the zone. */
function zonedTimeText(record: JsonRecord): string {
  const time = timeText(record);
  return time === '-' ? time : `${time}Z`;
}

function protocolText(record: JsonRecord): string {
  return String(record.protocol ?? record.protocolIdentifier ?? '-');
}

/**
 * Why the record was made, the action of a firewall or policy, and a mark when the source may not have opened
 * the connection.
 */
function outcomeText(record: JsonRecord): string {
  const denied = [deniedText(record, 'ingress'), deniedText(record, 'egress')];
  return [...denied, record.flowEndReason ?? '', directionMark(record)]
    .join(' ')
    .replaceAll(/ +/g, ' ')
    .trim();
}

/** Only agents, which number connections, report who opened them: a missing direction is a guess there. */
function directionMark({ flowId, biflowDirection, sourceTransportPort }: JsonRecord): string {
  if (biflowDirection === 'ReverseInitiator') return 'opened by destination';
  const isGuess = flowId !== undefined && biflowDirection === undefined && Number(sourceTransportPort) > 0;
  return isGuess ? 'direction guessed' : '';
}

/** The action, policy and rule: "Reject shop/no-telnet:7". Empty when nothing was denied. */
function deniedText(record: JsonRecord, side: 'ingress' | 'egress'): string {
  const action = record[`${side}NetworkPolicyRuleAction`];
  if (action !== 'Drop' && action !== 'Reject') return '';
  const presentValues = (values: readonly unknown[]) =>
    values.filter((value) => value !== undefined && value !== '');
  const policy = presentValues([
    record[`${side}NetworkPolicyNamespace`],
    record[`${side}NetworkPolicyName`],
  ]).join('/');
  const rule = presentValues([policy, record[`${side}NetworkPolicyRuleName`]]).join(':');
  return `${action} ${rule}`;
}

function octetsText(key: FieldName) {
  return (record: JsonRecord) => formatOctets(numberOf(record[key]));
}

/** Counters beyond 2^53 are text. */
function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : undefined;
}

/** All keys that a record's JSON may have, in the table's order. */
export const csvKeys: readonly string[] = fieldNames.flatMap((name) => {
  if (name === 'icmpTypeCode') return ['icmpTypeCodeIPv4', 'icmpTypeCodeIPv6'];
  const key = fieldOf(name).enumeration?.key;
  return key === undefined ? [name] : [key, name];
});
