import { describe, expect, it } from 'vitest';
import { loadAggregatorSettings } from '../../src/cli/config/index.ts';
import { Service } from '../../src/cli/service.ts';
import { wireAggregator } from '../../src/cli/wired-aggregator.ts';
import { batchOf, type FlowEnricher, type FlowRecord, type FlowSink } from '../../src/flow/index.ts';
import { HttpServer } from '../../src/http/index.ts';
import { CollectingProcess } from '../../src/ipfix/index.ts';
import { shownSeries } from '../metrics/series/test-bed.ts';
import { freePort } from '../support/free-port.ts';
import { completeRecord, startCollector, startExporter } from '../support/ipfix.ts';
import { loopbackTls } from '../support/loopback-tls.ts';
import { until } from '../support/until.ts';

const FLOWS = 40;

describe('an IPFIX sink whose collector is away', () => {
  it.each([
    { title: 'keeps as many records as its queueRecords', sink: ', queueRecords: 10', all: '', kept: 10 },
    { title: 'keeps as many records as recordBufferSize', sink: '', all: 'recordBufferSize: 10', kept: 10 },
    { title: 'keeps more records where the file has neither', sink: '', all: '', kept: FLOWS },
  ])('$title', async ({ sink, all, kept }) => {
    const text = `
aggregatorTransportProtocol: none
${all}
weir:
  listen: ["tcp://127.0.0.1:0"]
  sinks:
    - { name: away, ipfix: { address: "127.0.0.1:${await freePort()}:tcp", maxIPFIXMsgSize: 1000 }${sink} }
`;
    const { settings } = loadAggregatorSettings(text, 'aggregator.yaml');
    const service = new Service('error');
    const quick = { ...settings, activeTimeoutMs: 50, inactiveTimeoutMs: 50, correlationTimeoutMs: 0 };
    const { components } = wireAggregator(quick, service);
    for (const component of components) await component.start();
    const collector = components.find((component) => component instanceof CollectingProcess)!;
    const sending = await startExporter({ ...collector.addresses[0]!, protocol: 'tcp' });
    sending.exporter.send(
      batchOf(Array.from({ length: FLOWS }, (_, index) => completeRecord('agent', 4, index + 1))),
    );
    const away = () => service.ledger.toJSON().find(({ name }) => name === 'away')!;
    await until('all records at the sink', () => away().received >= FLOWS);
    const dropped = () => away().dropped['queue full'] ?? 0;
    if (kept < FLOWS) {
      await until('records for which there is no room', () => dropped() > 0);
    }
    // What fills the next message waits besides.
    expect(away().held).toBe(away().received - dropped());
    if (kept === FLOWS) expect(dropped()).toBe(0);
    else expect(away().held).toBeLessThan(kept * 2);
    await sending[Symbol.asyncDispose]();
    for (const component of [...components].reverse()) await component.stop(0);
  });
});

it('an enricher names flows for series, sinks and /flows alike', async () => {
  const text = 'aggregatorTransportProtocol: none\nweir: { listen: ["tcp://127.0.0.1:0"] }';
  const { settings } = loadAggregatorSettings(text, 'aggregator.yaml');
  const received: FlowRecord[] = [];
  const sink: FlowSink = {
    name: 'kept',
    start: async () => {},
    stop: async () => {},
    write: async (batch) => void received.push(...batch),
  };
  const enricher: FlowEnricher = {
    name: 'namer',
    fills: ['destinationPodNamespace'],
    enrich: (_flows, from, _to, filler) => filler.fill('destinationPodNamespace', from, 'named-later'),
  };
  const quick = { ...settings, activeTimeoutMs: 50, correlationTimeoutMs: 0 };
  const wired = wireAggregator(quick, new Service('error'), [{ sink }], [enricher]);
  for (const component of wired.components) await component.start();
  const server = new HttpServer({ host: '127.0.0.1', port: 0 }, wired.routes);
  await server.start();
  const collector = wired.components.find((component) => component instanceof CollectingProcess)!;
  const sending = await startExporter({ ...collector.addresses[0]!, protocol: 'tcp' });
  sending.exporter.send(batchOf([{ ...completeRecord('agent', 4), destinationPodNamespace: '' }]));
  await until('the record at the sink', () => received.length > 0);
  expect(received[0]).toMatchObject({ destinationPodNamespace: 'named-later' });
  const answer = await (await fetch(`${server.url}/flows`)).text();
  expect(JSON.parse(answer.split('\n')[0]!)).toMatchObject({ destinationPodNamespace: 'named-later' });
  const labels = wired.series.tables.flatMap((table) => shownSeries(table).map((one) => one.labels));
  expect(labels.map((each) => each.destination_namespace)).toContain('named-later');
  await sending[Symbol.asyncDispose]();
  await server.stop();
  for (const component of [...wired.components].reverse()) await component.stop(0);
});

const { caFile, certFile, keyFile } = loopbackTls;

it.each([
  { title: 'over TCP', protocol: 'tcp', tls: '' },
  {
    title: 'with its certificate over TLS',
    protocol: 'tls',
    tls: `, tls: { enable: true, caFile: "${caFile}", certFile: "${certFile}", keyFile: "${keyFile}" }`,
  },
] as const)(
  'in Proxy mode forwards the record of each node to flowCollector $title, named and with its exporter',
  async ({ protocol, tls }) => {
    await using collector = await startCollector({
      listen: [{ protocol, host: '127.0.0.1', port: 0 }],
      tls: loopbackTls,
    });
    const { port } = collector.address;
    const text = `
mode: Proxy
clusterID: blue
aggregatorTransportProtocol: none
flowCollector: { enable: true, address: "127.0.0.1:${port}:${protocol}"${tls} }
weir: { listen: ["tcp://127.0.0.1:0"], ranges: { office: ["10.0.0.0/8"] } }
`;
    const { settings, notes } = loadAggregatorSettings(text, 'aggregator.yaml');
    expect(notes).toEqual([]);
    const wired = wireAggregator(settings, new Service('error'));
    for (const component of wired.components) await component.start();
    const server = new HttpServer({ host: '127.0.0.1', port: 0 }, wired.routes);
    await server.start();
    const incoming = wired.components.find((component) => component instanceof CollectingProcess)!;
    const sending = await startExporter(
      { ...incoming.addresses[0]!, protocol: 'tcp' },
      { observationDomainId: 9 },
    );
    const half = { ...completeRecord('agent', 4), flowType: 2 };
    sending.exporter.send(batchOf([1, 2].map((observationPointId) => ({ ...half, observationPointId }))));
    await until('both records', () => collector.flows.length === 2);
    const origin = { clusterId: 'blue', originalExporterIP: '127.0.0.1', originalObservationDomainId: 9 };
    expect(collector.flows).toEqual([
      { ...half, ...origin, observationPointId: 1, flowDirection: 1 },
      { ...half, ...origin, observationPointId: 2 },
    ]);
    const lines = (await (await fetch(`${server.url}/flows`)).text()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).sourceRangeName)).toEqual(['office', 'office']);
    expect(await (await fetch(`${server.url}/flowrecords`)).json()).toEqual([]);
    expect(await (await fetch(`${server.url}/recordmetrics`)).json()).toMatchObject({
      numRecordsReceived: 2,
      numRecordsExported: 2,
      numFlows: 0,
      withIPFIXExporter: true,
    });
    await sending[Symbol.asyncDispose]();
    await server.stop();
    for (const component of [...wired.components].reverse()) await component.stop(0);
  },
);

it("no sink of a file has the name of another account, so that each name in the ledger is one thing's", () => {
  const service = new Service('error');
  const file = (name: string) =>
    `weir: { listen: ["tcp://127.0.0.1:0"], sinks: [{ name: "${name}", jsonLines: { path: "-" } }] }`;
  wireAggregator(loadAggregatorSettings('weir: {}', 'aggregator.yaml').settings, service);
  const names = service.ledger.accounts.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(5);
  for (const name of [...names, 'log', 'lines spool']) {
    expect(() => loadAggregatorSettings(file(name), 'aggregator.yaml'), name).toThrow(
      `expected a name other than ${name}, which Weir itself uses in the ledger`,
    );
  }
  expect(() => loadAggregatorSettings(file('lines'), 'aggregator.yaml')).not.toThrow();
});
