import { type FieldName, fieldNames, fieldOf } from '../../flow/index.ts';
import { destinationText, type Flow, sourceText } from './ends.ts';
import { formatBitRate, formatOctets } from './quantities.ts';

/** A flow record as the JSON outputs have it (`recordToJson` of src/flow). */
export type JsonRecord = Readonly<Record<string, unknown>>;

export const recordFormats = ['table', 'compact', 'json', 'csv'] as const;
export type RecordFormat = (typeof recordFormats)[number];

/** Turns records into lines, one after another: a table's columns grow with what they have to hold. */
export interface RecordPrinter {
  readonly header: string | undefined;
  line(record: JsonRecord): string;
}

export function recordPrinter(format: RecordFormat): RecordPrinter {
  switch (format) {
    case 'table':
      return new Table();
    case 'compact':
      return { header: undefined, line: compact };
    case 'json':
      return { header: undefined, line: (record) => JSON.stringify(record) };
    case 'csv':
      return {
        header: csvKeys.join(','),
        line: (record) => csvKeys.map((key) => csvCell(record[key])).join(','),
      };
  }
}

interface TableColumn {
  readonly title: string;
  readonly text: (record: JsonRecord) => string;
  readonly least: number;
  readonly alignRight?: true;
}

const tableColumns: readonly TableColumn[] = [
  { title: 'TIME', text: timeText, least: 12 },
  { title: 'PROTO', text: protocolText, least: 6 },
  { title: 'SOURCE', text: (record) => sourceText(record as Flow), least: 21 },
  { title: 'DESTINATION', text: (record) => destinationText(record as Flow), least: 21 },
  { title: 'OCTETS', text: octets('octetTotalCount'), least: 7, alignRight: true },
  { title: 'BACK', text: octets('reverseOctetTotalCount'), least: 7, alignRight: true },
  {
    title: 'RATE',
    text: (record) => formatBitRate(numberOf(record.throughput)),
    least: 11,
    alignRight: true,
  },
  {
    title: 'RATE BACK',
    text: (record) => formatBitRate(numberOf(record.reverseThroughput)),
    least: 11,
    alignRight: true,
  },
  { title: 'RECORD', text: outcomeText, least: 0 },
];

class Table implements RecordPrinter {
  readonly #widths = tableColumns.map(({ title, least }) => Math.max(title.length, least));

  get header(): string {
    return this.#row(tableColumns.map(({ title }) => title));
  }

  line(record: JsonRecord): string {
    return this.#row(tableColumns.map(({ text }) => text(record)));
  }

  #row(cells: readonly string[]): string {
    return cells
      .map((cell, index) => {
        const width = Math.max(this.#widths[index]!, cell.length);
        this.#widths[index] = width;
        return tableColumns[index]!.alignRight ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  }
}

function compact(record: JsonRecord): string {
  const counts = `${octets('octetTotalCount')(record)} / ${octets('reverseOctetTotalCount')(record)}`;
  return `${timeText(record)} ${protocolText(record)} ${sourceText(record as Flow)} -> ${destinationText(record as Flow)} ${counts} ${outcomeText(record)}`;
}

function timeText(record: JsonRecord): string {
  const time = record.flowEndMilliseconds ?? record.flowStartMilliseconds;
  return typeof time === 'string' ? time.slice(11, 23) : '-';
}

function protocolText(record: JsonRecord): string {
  return String(record.protocol ?? record.protocolIdentifier ?? '-');
}

/** Why the record was made, and what the firewall or a policy did if it did anything. */
function outcomeText(record: JsonRecord): string {
  const actions = [record.ingressNetworkPolicyRuleAction, record.egressNetworkPolicyRuleAction];
  const denied = actions.filter((action) => action === 'Drop' || action === 'Reject');
  return [...denied, record.flowEndReason ?? ''].join(' ').trim();
}

function octets(key: FieldName) {
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

/** RFC 4180. */
function csvCell(value: unknown): string {
  const text = value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
