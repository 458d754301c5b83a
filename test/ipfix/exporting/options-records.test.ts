import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { batchOf, elementsOf, type FlowRecord, fieldNames } from '../../../src/flow/index.ts';
import { packRecords } from '../../../src/ipfix/exporting/options-records.ts';
import { elementTypesOf, flowKeysOf } from '../../../src/ipfix/exporting/template-descriptions.ts';
import { FlowTemplates } from '../../../src/ipfix/flow-mapping.ts';
import { availableTransports, dataRecordToJson, type Json, MessageWriter } from '../../../src/ipfix/index.ts';
import { optionsTemplates } from '../../../src/ipfix/options-templates.ts';
import { completeRecord, startCollector, startExporter, type TestCollector } from '../../support/ipfix.ts';
import { loopbackTls } from '../../support/loopback-tls.ts';
import { until } from '../../support/until.ts';

const hourly = { statisticsIntervalMs: 3_600_000 };
const flow = (number: number): FlowRecord => ({
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  sourceTransportPort: number,
  protocolIdentifier: 6,
  flowId: number,
  packetDeltaCount: 2,
  octetDeltaCount: 1_000,
  reversePacketDeltaCount: 1,
  reverseOctetDeltaCount: 500,
});
const { flowId: _, ...unnumbered } = flow(9);
const flows = (count: number) => Array.from({ length: count }, (_, i) => flow(i + 1));

/** The options records of a template that arrived, by name. */
const heard = ({ others }: TestCollector, kind: keyof typeof optionsTemplates): { [name: string]: Json }[] =>
  others
    .filter(({ record }) => record.template.id === optionsTemplates[kind].id)
    .map(({ record }) => dataRecordToJson(record));

describe.each(availableTransports)('options records over %s', (protocol) => {
  const secured = protocol.endsWith('tls') ? { tls: loopbackTls } : {};
  const listen = [{ protocol, host: '127.0.0.1', port: 0 }];

  it('describe each template and report totals, and every flow record arrives and is counted once', async () => {
    await using receiving = await startCollector({ listen, ...secured });
    const sending = await startExporter(receiving.address, {
      ...secured,
      observationDomainId: 7,
      optionsRecords: hourly,
    });
    for (let i = 0; i < 5; i++) {
      sending.exporter.send(batchOf([...flows(20), unnumbered]));
      await until('the records', () => receiving.flows.length === (i + 1) * 21);
    }
    await sending.exporter.stop(2_000);
    await until(
      'the last totals',
      () => heard(receiving, 'meteringStatistics').at(-1)?.exportedFlowRecordTotalCount === 105,
    );

    const keys = heard(receiving, 'flowKeys');
    expect(new Set(keys.map(({ templateId }) => templateId)).size).toBe(4);
    const types = heard(receiving, 'elementTypes');
    expect(types.find(({ informationElementId }) => informationElementId === 101)).toEqual({
      privateEnterpriseNumber: 56506,
      informationElementId: 101,
      informationElementDataType: 13,
      informationElementSemantics: 0,
      informationElementUnits: 0,
      informationElementRangeBegin: 0,
      informationElementRangeEnd: 0,
      informationElementName: 'sourcePodName',
      informationElementDescription: 'name of the source Pod',
    });
    const [first, last] = [
      heard(receiving, 'meteringStatistics')[0]!,
      heard(receiving, 'meteringStatistics').at(-1)!,
    ];
    expect(first).toMatchObject({ observationDomainId: 7, exportedFlowRecordTotalCount: 0 });
    // The two messages of the last statistics are in no total.
    expect(last.exportedMessageTotalCount).toBe(receiving.collector.messages.received - 2);
    expect(heard(receiving, 'exportingLosses').at(-1)).toMatchObject({
      notSentFlowTotalCount: 0,
      notSentPacketTotalCount: 0,
      notSentOctetTotalCount: 0,
    });
    expect(heard(receiving, 'meteringLosses')).toEqual([]);
    expect(sending.exporter.account.toJSON()).toMatchObject({
      received: 105,
      sent: 105,
      dropped: {},
      events: {},
      held: 0,
    });
    expect(receiving.collector.readings.exporters).toMatchObject([{ lost: 0, unsentRecords: 0 }]);
    expect(Object.keys(receiving.collector.records.toJSON().events)).toEqual(['options records']);
    expect(receiving.ledger.isClosed && sending.ledger.isClosed).toBe(true);
  });

  it('tell what the exporter sees of its host, and why it may miss flows', async () => {
    await using receiving = await startCollector({ listen, ...secured });
    const state = {
      name: 'node-1',
      software: 'Weir 1.2.3',
      blindBecause: ['kernel silent', 'no events'],
      carriedPackets: 1_000,
      meteredPackets: 950,
    };
    await using _ = await startExporter(receiving.address, {
      ...secured,
      observationDomainId: 7,
      optionsRecords: { ...hourly, meteringState: () => state },
    });
    const told = () => receiving.collector.readings.exporters.find((one) => one.state !== undefined);
    await until('the state', () => told() !== undefined);
    expect(told()).toMatchObject({ observationDomainId: 7, state, lost: 0 });
    expect(told()!.firstRecordMs).toBeLessThanOrEqual(told()!.lastRecordMs!);
    expect(heard(receiving, 'meteringState')).toMatchObject([{ applicationName: 'Weir 1.2.3' }]);
  });
});

it('descriptions are sent again with the templates over UDP', async () => {
  const listen = [{ protocol: 'udp' as const, host: '127.0.0.1', port: 0 }];
  await using receiving = await startCollector({ listen });
  const options = { optionsRecords: hourly, templateRefresh: { everyMs: 50 } };
  await using _ = await startExporter(receiving.address, options);
  await until('three rounds', () => heard(receiving, 'flowKeys').length >= 6);
  const templates = heard(receiving, 'flowKeys').map(({ templateId }) => templateId);
  expect(templates.slice(0, 6)).toEqual([256, 257, 256, 257, 256, 257]);
  expect(receiving.collector.exporters()).toMatchObject([{ lost: 0, templates: 8 }]);
});

it('statistics are sent at each interval, with the packets that the agent did not process', async () => {
  await using receiving = await startCollector();
  let ignored = 10;
  const optionsRecords = { statisticsIntervalMs: 30, ignoredPackets: () => ignored++ };
  await using _ = await startExporter(receiving.address, { optionsRecords });
  await until('four reports', () => heard(receiving, 'meteringLosses').length >= 4);
  const totals = heard(receiving, 'meteringLosses').map((report) => report.ignoredPacketTotalCount);
  expect(totals.slice(0, 4)).toEqual([10, 11, 12, 13]);
  expect(receiving.collector.exporters()).toMatchObject([{ lost: 0 }]);
});

it('records that were dropped are reported with their packets and octets', async () => {
  const gone = await startCollector();
  await gone.collector.stop(0);
  await using sending = await startExporter(gone.address, {
    maxQueueRecords: 10,
    reconnectMs: { least: 20, greatest: 50 },
    optionsRecords: hourly,
  });
  for (let i = 0; i < 5; i++) sending.exporter.send(batchOf(flows(5)));
  sending.exporter.send(batchOf([{ ...flow(1), sourcePodName: 'x'.repeat(66_000) }]));
  expect(sending.exporter.account.toJSON()).toMatchObject({
    dropped: { 'queue full': 15, 'too large': 1 },
    held: 10,
  });
  await using receiving = await startCollector({ listen: [gone.address] });
  await until('the records', () => receiving.flows.length === 10);
  await until('the report', () => heard(receiving, 'exportingLosses').length > 0);
  expect(heard(receiving, 'exportingLosses')[0]).toMatchObject({
    notSentFlowTotalCount: 16,
    notSentPacketTotalCount: 16 * 3,
    notSentOctetTotalCount: 16 * 1_500,
  });
});

it('losses of an agent are counted by its collector, once for each', async () => {
  await using receiving = await startCollector({ onRecord: undefined as never });
  const optionsRecords = { statisticsIntervalMs: 20 };
  await using sending = await startExporter(receiving.address, { optionsRecords });
  const { events } = receiving.collector.records;
  await until('a report', () => (events.get('options records') ?? 0) > 0);
  for (let i = 0; i < 3; i++)
    sending.exporter.send(batchOf([{ ...flow(1), sourcePodName: 'x'.repeat(66_000) }]));
  await until('the losses', () => receiving.collector.readings.exporters[0]?.unsentRecords === 3);
  const reports = events.get('options records')!;
  await until('some more reports', () => events.get('options records')! > reports + 6);
  expect(events.get('not sent by exporter')).toBe(3);
  expect(receiving.collector.exporters()).toMatchObject([{ lost: 0 }]);
  expect(receiving.collector.records.toJSON()).toMatchObject({ received: 0, dropped: {}, closed: true });
});

/** A collector that ends the connection at a set of options templates, as go-ipfix does. */
async function carelessCollector(): Promise<
  { port: number; sessions: number[][]; sockets: Socket[] } & AsyncDisposable
> {
  const sessions: number[][] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const sets: number[] = [];
    sessions.push(sets);
    sockets.push(socket);
    let stream = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (octets) => {
      stream = Buffer.concat([stream, octets]);
      while (stream.length >= 4 && stream.length >= stream.readUInt16BE(2)) {
        const set = stream.readUInt16BE(16);
        sets.push(set);
        stream = stream.subarray(stream.readUInt16BE(2));
        if (set === 3) return socket.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    sessions,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

it('a collector that ends sessions because of options templates gets none after two, and every record', async () => {
  await using careless = await carelessCollector();
  const sending = await startExporter(
    { protocol: 'tcp', host: '127.0.0.1', port: careless.port },
    { reconnectMs: { least: 20, greatest: 50 }, optionsRecords: hourly },
  );
  sending.exporter.send(batchOf(flows(5)));
  await until('the records', () => careless.sessions.at(-1)?.some((set) => set >= 256));
  const [first, second, third, ...others] = careless.sessions;
  for (const refused of [first, second]) expect(new Set(refused)).toEqual(new Set([2, 3]));
  expect(third!.at(-1)).toBeGreaterThanOrEqual(256);
  expect(third).not.toContain(3);
  expect(others).toEqual([]);
  await sending.exporter.stop(2_000);
  const { events, ...account } = sending.exporter.account.toJSON();
  expect(account).toMatchObject({ received: 5, sent: 5, dropped: {}, held: 0 });
  expect(events['options records refused']).toBe(1);
  expect(sending.lines.filter((line) => line.includes('options templates'))).toHaveLength(1);
});

it('JSON has no options records', async () => {
  const lines: string[] = [];
  const server = createServer((socket) =>
    socket.on('data', (octets) => lines.push(...octets.toString().trim().split('\n'))),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const { exporter } = await startExporter(
    { protocol: 'tcp', host: '127.0.0.1', port },
    { format: 'JSON', optionsRecords: { statisticsIntervalMs: 20 } },
  );
  exporter.send(batchOf(flows(3)));
  await until('the records', () => lines.length === 3);
  await exporter.stop(2_000);
  await new Promise((resolve) => server.close(resolve));
  expect(lines.map((line) => Object.keys(JSON.parse(line)))).toEqual(Array(3).fill(['@timestamp', 'ipfix']));
});

it('records that fit into no message are left out, and the others are sent', () => {
  const [v4] = new FlowTemplates('agent').defined;
  const records = [...elementTypesOf(v4!.template), flowKeysOf(v4!.template)];
  const packed = [...packRecords(records, 7, 64)];
  expect(packed.map((message) => message.records)).toEqual([1]);
  const whole = [...packRecords(records, 7, 512)];
  expect(whole.reduce((sum, message) => sum + message.records, 0)).toBe(records.length);
  expect(Math.max(...whole.map((message) => message.octets.length))).toBeLessThanOrEqual(512);
});

describe('a description', () => {
  it.each(['agent', 'aggregated'] as const)(
    'of the templates of %s fits into the smallest message',
    (kind) => {
      const contents = { names: true, uids: true, podLabels: true };
      for (const { template } of new FlowTemplates(kind, contents).defined) {
        for (const record of [flowKeysOf(template), ...elementTypesOf(template)]) {
          const writer = new MessageWriter(512);
          writer.start({ domain: 1, sequenceNumber: 0, exportTimeSeconds: 0 });
          expect(writer.writeRecord(record), dataRecordToJson(record).informationElementName as string).toBe(
            true,
          );
        }
      }
    },
  );

  it('marks the ends of a flow, its protocol and the number of its connection as keys', () => {
    const [v4] = new FlowTemplates('agent').defined;
    const indicator = flowKeysOf(v4!.template).values[1] as bigint;
    const keys = v4!.template.fields.filter((_, place) => (indicator >> BigInt(place)) & 1n);
    expect(keys.map(({ element }) => element.name).sort()).toEqual([
      'destinationIPv4Address',
      'destinationTransportPort',
      'flowId',
      'protocolIdentifier',
      'sourceIPv4Address',
      'sourceTransportPort',
    ]);
  });

  it.each([
    ['octetTotalCountFromSourceNode', { semantics: 2, units: 2, end: 2n ** 64n - 1n }],
    ['packetDeltaCountFromSourceNode', { semantics: 3, units: 3, end: 2n ** 64n - 1n }],
    ['throughput', { semantics: 1, units: 0, end: 2n ** 64n - 1n }],
    ['flowEndSecondsFromSourceNode', { semantics: 0, units: 5, end: 0 }],
    ['flowType', { semantics: 4, units: 0, end: 4 }],
    ['destinationServicePort', { semantics: 4, units: 0, end: 65_535n }],
    ['sourcePodUUID', { semantics: 0, units: 0, end: 0 }],
  ])('of %s has its semantics, unit and range', (name, { semantics, units, end }) => {
    const [v4] = new FlowTemplates('aggregated', { names: true, uids: true, podLabels: true }).defined;
    const record = elementTypesOf(v4!.template).find(({ values }) => values[7] === name)!;
    expect(record.values.slice(3, 7)).toEqual([semantics, units, 0, end]);
  });

  it('is there for each enterprise element of a field that is sent', () => {
    const [v4] = new FlowTemplates('aggregated').defined;
    const described = elementTypesOf(v4!.template);
    const sent = v4!.template.fields.filter(({ element }) => element.enterprise === 56506);
    expect(described).toHaveLength(sent.length);
    const names = new Set(fieldNames.flatMap((name) => elementsOf(name, 4).map((element) => element.name)));
    for (const { values } of described) expect(names.has(String(values[7])), String(values[7])).toBe(true);
    expect(completeRecord('aggregated', 4).sourceIP).toBeDefined();
  });
});
