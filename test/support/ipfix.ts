import { connect as connectTcp, type Socket } from 'node:net';
import {
  elementsOf,
  type FieldName,
  type FlowBatch,
  type FlowRecord,
  fieldNames,
  fieldOf,
} from '../../src/flow/index.ts';
import {
  type CollectedRecord,
  CollectingProcess,
  type CollectingProcessOptions,
  ExportingProcess,
  type ExportingProcessOptions,
  type ListenAddress,
  MessageWriter,
  type RecordKind,
  recordElements,
} from '../../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';

/** The fields that records of a kind carry. */
export function fieldsOf(kind: RecordKind): FieldName[] {
  const sent = new Set(recordElements[kind]);
  return fieldNames.filter((name) => elementsOf(name, 4).some((element) => sent.has(element.name)));
}

/** A record with a different value in every field of its kind. */
export function completeRecord(kind: RecordKind, family: 4 | 6, number = 1): FlowRecord {
  const record: Partial<Record<FieldName, string | number>> = {};
  for (const [index, name] of fieldsOf(kind).entries()) {
    const distinct = number * 100 + index;
    record[name] = {
      address: () =>
        family === 4 ? `10.${number % 256}.3.${index}` : `2001:db8::${number.toString(16)}:${index}`,
      string: () => `${name}-${number}`,
      unsigned8: () => 1 + (index % 4),
      unsigned16: () => distinct % 65_536,
      unsigned32: () => 70_000 + distinct,
      unsigned64: () => 2 ** 40 + distinct,
      // Whole seconds when the only element is in seconds, milliseconds when there is a finer one.
      time: () => Date.UTC(2026, 0, 2) + index * 1000 + (name.includes('Milliseconds') ? 123 : 0),
    }[fieldOf(name).storage]();
  }
  record.protocolIdentifier = 6;
  return record as FlowRecord;
}

/** A log that keeps its lines. */
export function keptLog(clock = systemClock): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { log: new Log(clock, (line) => lines.push(line), 'debug'), lines };
}

export interface TestCollector extends AsyncDisposable {
  readonly collector: CollectingProcess;
  readonly ledger: Ledger;
  readonly lines: string[];
  readonly flows: FlowRecord[];
  readonly origins: FlowBatch['origin'][];
  readonly others: CollectedRecord[];
  readonly address: ListenAddress;
}

/** A collector on loopback that keeps its records. */
export async function startCollector(
  options: Partial<CollectingProcessOptions> = {},
): Promise<TestCollector> {
  const ledger = new Ledger();
  const clock = options.clock ?? systemClock;
  const { log, lines } = keptLog(clock);
  const flows: FlowRecord[] = [];
  const origins: FlowBatch['origin'][] = [];
  const others: CollectedRecord[] = [];
  const collector = new CollectingProcess({
    listen: [{ protocol: 'tcp', host: '127.0.0.1', port: 0 }],
    clock,
    log,
    ledger,
    onBatch: (batch) => {
      flows.push(...batch);
      origins.push(...Array<FlowBatch['origin']>(batch.length).fill(batch.origin));
    },
    onRecord: (record) => others.push(record),
    ...options,
  });
  await collector.start();
  const [address] = collector.addresses;
  return {
    collector,
    ledger,
    lines,
    flows,
    origins,
    others,
    address: address!,
    [Symbol.asyncDispose]: () => collector.stop(500),
  };
}

export interface TestExporter extends AsyncDisposable {
  readonly exporter: ExportingProcess;
  readonly ledger: Ledger;
  readonly lines: string[];
}

/** An exporter to that address which sends each batch at once. */
export async function startExporter(
  to: ListenAddress,
  options: Partial<ExportingProcessOptions> = {},
): Promise<TestExporter> {
  const ledger = new Ledger();
  const clock = options.clock ?? systemClock;
  const { log, lines } = keptLog(clock);
  const exporter = new ExportingProcess({
    address: to,
    records: 'agent',
    observationDomainId: 1,
    flushIntervalMs: 0,
    clock,
    log,
    ledger,
    ...options,
  });
  await exporter.start();
  return { exporter, ledger, lines, [Symbol.asyncDispose]: () => exporter.stop(500) };
}

/** A message made by hand. */
export function message(
  header: { domain?: number; sequenceNumber?: number; exportTimeSeconds?: number },
  fill: (writer: MessageWriter) => void = () => {},
): Uint8Array {
  const writer = new MessageWriter();
  writer.start({ domain: 1, sequenceNumber: 0, exportTimeSeconds: 1_767_225_600, ...header });
  fill(writer);
  return writer.finish().slice();
}

/** A TCP client that is open. */
export function dial({ host, port }: ListenAddress): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port }, () => resolve(socket));
    socket.once('error', reject);
  });
}
