import { fieldNames, fieldOf, protocols } from '../flow/index.ts';
import { type DataRecord, dataRecordToJson, type MessageHeader } from '../ipfix/index.ts';
import { printableText } from '../runtime/index.ts';
import { type JsonRecord, recordPrinter } from './text/index.ts';

/** A data record of any template, as `weir decode` and `weir collect` print it. */
export interface DecodedRecord {
  /** sFlow: when it arrived or was captured; absent if unknown. */
  readonly exportTime?: string;
  readonly exporter?: string;
  readonly transport: string;
  /** 10 is IPFIX; the others are NetFlow. Absent in sFlow. */
  readonly version?: 1 | 5 | 7 | 9 | 10;
  readonly sflowVersion?: 5;
  readonly observationDomainId: number;
  /** 0 in NetFlow v1, which has none. */
  readonly sequenceNumber: number;
  /** NetFlow and sFlow only: the exporter's uptime at the export, in milliseconds. */
  readonly uptimeMilliseconds?: number;
  /** NetFlow v5 only: one of this many packets was sampled. */
  readonly samplingInterval?: number;
  /** 0 in sFlow and NetFlow v1, v5 and v7, which have no templates. */
  readonly templateId: number;
  readonly scopeFieldCount: number;
  readonly fields: JsonRecord;
}

export function decodedRecord(
  header: MessageHeader,
  record: DataRecord,
  session: { readonly exporter: string | undefined; readonly transport: string },
): DecodedRecord {
  const { netflow, sflow, exportTimeSeconds } = header;
  const uptimeMilliseconds = (netflow ?? sflow)?.uptimeMs;
  const fields = dataRecordToJson(record);
  if (netflow !== undefined && netflow.version !== 9) delete fields.paddingOctets;
  return {
    ...(Number.isNaN(exportTimeSeconds)
      ? {}
      : { exportTime: `${new Date(exportTimeSeconds * 1000).toISOString().slice(0, -5)}Z` }),
    ...(session.exporter === undefined ? {} : { exporter: session.exporter }),
    transport: session.transport,
    ...(sflow === undefined ? { version: netflow?.version ?? 10 } : { sflowVersion: 5 }),
    observationDomainId: header.domain,
    sequenceNumber: header.sequenceNumber,
    ...(uptimeMilliseconds === undefined ? {} : { uptimeMilliseconds }),
    ...(netflow?.samplingInterval ? { samplingInterval: netflow.samplingInterval } : {}),
    templateId: record.template.id,
    scopeFieldCount: record.template.scopeFieldCount,
    fields,
  };
}

/** Turns records into lines: JSON, or a table that fits the terminal. */
export function decodedRecordPrinter(format: 'table' | 'json'): {
  readonly header: string | undefined;
  line(record: DecodedRecord): string;
} {
  if (format === 'json') return { header: undefined, line: (record) => JSON.stringify(record) };
  const table = recordPrinter('table', () => process.stdout.columns);
  return {
    header: table.header,
    line(record) {
      const flow = asFlow(record);
      return flow === undefined ? fieldsText(record) : table.line(flow);
    },
  };
}

/** The elements that fill a table's column; the first one present wins. */
const alternatives: Readonly<Record<string, readonly string[]>> = {
  sourceIP: ['sourceIPv4Address', 'sourceIPv6Address'],
  destinationIP: ['destinationIPv4Address', 'destinationIPv6Address'],
  flowEndMilliseconds: [
    'flowEndMilliseconds',
    'flowEndMicroseconds',
    'flowEndNanoseconds',
    'flowEndSeconds',
    'observationTimeMilliseconds',
  ],
  octetTotalCount: ['octetTotalCount', 'octetDeltaCount'],
  reverseOctetTotalCount: ['reverseOctetTotalCount', 'reverseOctetDeltaCount'],
};

/** Fields that are numbers on the wire and names in a flow record. */
const enumerations = new Map(
  fieldNames.flatMap((name) => {
    const { enumeration } = fieldOf(name);
    return enumeration === undefined || enumeration.key !== undefined ? [] : [[name as string, enumeration]];
  }),
);

/**
 * The record under the keys of a flow record, for a table; undefined when it describes no flow. On the wire
 * an unknown text is empty. It is left out, so that it does not hide an address.
 */
function asFlow({ exportTime, fields }: DecodedRecord): JsonRecord | undefined {
  const flow: Record<string, unknown> = { flowEndMilliseconds: exportTime };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== '') flow[name] = enumerations.get(name)?.names.get(Number(value)) ?? cellOf(value);
  }
  for (const [key, names] of Object.entries(alternatives)) {
    const name = names.find((candidate) => fields[candidate] !== undefined);
    if (name !== undefined) flow[key] = flow[name];
  }
  flow.protocol = protocols.names.get(Number(fields.protocolIdentifier));
  return flow.sourceIP === undefined && flow.destinationIP === undefined ? undefined : flow;
}

/** A record that describes no flow, as one line: its origin and all its fields; those of the scope first. */
export function fieldsText(record: DecodedRecord): string {
  const { exportTime = '', exporter = 'file', templateId, scopeFieldCount, fields } = record;
  const values = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(name, value)}`);
  const scope = values.splice(0, scopeFieldCount).join(' ');
  const origin = `${exportTime.slice(11, -1)}      ${exporter}`;
  const what = scopeFieldCount === 0 ? `template ${templateId}` : `options template ${templateId}, ${scope}`;
  return printableText(`${origin} ${what}: ${values.join(' ')}`);
}

/** Flow keys are bits, of which a decimal number shows nothing. */
function fieldText(name: string, value: unknown): string {
  if (name === 'flowKeyIndicator' && /^\d+$/.test(String(value)))
    return `0x${BigInt(String(value)).toString(16)}`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * A value for a table's column: an element that occurs more than once shows all its values, a list is JSON.
 */
function cellOf(value: unknown): unknown {
  if (typeof value !== 'object') return value;
  const isRepeated = Array.isArray(value) && value.every((each) => typeof each !== 'object');
  return isRepeated ? value.join(',') : JSON.stringify(value);
}
