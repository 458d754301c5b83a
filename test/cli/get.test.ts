import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRoutes, RecentFlows } from '../../src/api/index.ts';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import { HttpServer } from '../../src/http/index.ts';
import type { ExporterReading } from '../../src/ipfix/index.ts';
import { QueryDesk } from '../../src/query/index.ts';
import { Ledger, Log } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { madeExporters, manyExporters } from '../support/made-exporters.ts';
import { weir } from './weir.ts';

let server: HttpServer;
let log: Log;
let table: FlowRecord[];
let exporters: readonly ExporterReading[];

beforeEach(async () => {
  exporters = madeExporters;
  const [clock, ledger] = [new FakeClock(), new Ledger()];
  log = new Log(clock, () => {});
  const routes = openRoutes({
    ...{ clock, ledger, log, queries: new QueryDesk(clock) },
    history: () => undefined,
    keepEvent: () => undefined,
    recent: new RecentFlows(clock, ledger, { windowMs: 60_000, maxOctets: 1_000_000 }),
    listing: { flowBatches: () => (table.length === 0 ? [] : [batchOf(table)]) },
    recordMetrics: () => ({
      numRecordsExported: 3,
      numRecordsReceived: 7,
      numRecordsDropped: 1,
      numFlows: 2,
      numConnToCollector: 4,
      withClickHouseExporter: false,
      withS3Exporter: false,
      withLogExporter: false,
      withIPFIXExporter: true,
    }),
    exporters: () => exporters,
    collectors: () => [
      { name: 'archive', isUp: true, queuedRecords: 0, sentRecords: 9, droppedRecords: 0 },
      { name: 'away', isUp: false, queuedRecords: 4, sentRecords: 0, droppedRecords: 1 },
    ],
  });
  server = new HttpServer({ host: '127.0.0.1', port: 0 }, routes);
  await server.start();
  table = [
    {
      ...{ sourceIP: '10.0.0.1', destinationIP: '10.0.1.2', protocolIdentifier: 6 },
      ...{ sourceTransportPort: 40_000, destinationTransportPort: 8443 },
      ...{ sourcePodName: 'cart', sourcePodNamespace: 'shop' },
      ...{ destinationPodName: 'ledger', destinationPodNamespace: 'bank' },
      destinationServicePortName: 'bank/ledger:https',
    },
    { sourceIP: '2001:db8::1', destinationIP: '2001:db8::2', protocolIdentifier: 58 },
  ];
});

afterEach(() => server.stop());

async function printed(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await weir(...words, '--server', server.url);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}
const cells = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ +/));

describe('weir get', () => {
  it('flowrecords prints the columns of the reference system', async () => {
    const [header, first, second] = cells(await printed('get', 'flowrecords'));
    expect(header!.join(' ')).toBe('SRC_IP DST_IP SPORT DPORT PROTO SRC_POD DST_POD SRC_NS DST_NS SERVICE');
    expect(first!.join(' ')).toBe('10.0.0.1 10.0.1.2 40000 8443 6 cart ledger shop bank bank/ledger:https');
    expect(second!.join(' ')).toBe('2001:db8::1 2001:db8::2 0 0 58');
  });

  it('flowrecords takes exact values, and prints JSON and YAML', async () => {
    const json = await printed(
      'get',
      'flowrecords',
      '--srcip',
      '10.0.0.1',
      '--dstport',
      '8443',
      '-o',
      'json',
    );
    expect(JSON.parse(json)).toEqual([expect.objectContaining({ sourcePodName: 'cart' })]);
    expect(JSON.parse(await printed('get', 'flowrecords', '--proto', '17', '-o', 'json'))).toEqual([]);
    const yaml = await printed('get', 'flowrecords', '--proto', '58', '-o', 'yaml');
    expect(yaml).toMatch(/^- flowStartSeconds: 0\n(.*\n)* {2}sourceIPv6Address: 2001:db8::1\n/);
  });

  it('recordmetrics prints the columns of the reference system', async () => {
    expect(cells(await printed('get', 'recordmetrics'))).toEqual([
      [
        'RECORDS-EXPORTED',
        'RECORDS-RECEIVED',
        'RECORDS-DROPPED',
        'FLOWS',
        'EXPORTERS-CONNECTED',
        'CLICKHOUSE-EXPORTER',
        'S3-EXPORTER',
        'LOG-EXPORTER',
        'IPFIX-EXPORTER',
      ],
      ['3', '7', '1', '2', '4', 'false', 'false', 'false', 'true'],
    ]);
    expect(JSON.parse(await printed('get', 'recordmetrics', '-o', 'json'))).toMatchObject({ numFlows: 2 });
  });

  it('flowcollectors prints where flows go', async () => {
    expect(cells(await printed('get', 'flowcollectors')).slice(1)).toEqual([
      ['archive', 'true', '0', '9', '0'],
      ['away', 'false', '4', '0', '1'],
    ]);
  });

  it('exporters prints who sends records, what each sees, and what is not told', async () => {
    const [, first, second, third, fourth] = (await printed('get', 'exporters')).split('\n');
    expect(first).toMatch(/^192\.0\.2\.1 +node-1 +agent +Weir 1\.2\.3 +ipfix .* 95\.0 % +no *$/);
    expect(second).toMatch(/ 0\.0 % +kernel silent, no events *$/);
    expect(third).toMatch(
      /^192\.0\.2\.9 +not told +- +not told +netflow-v9 .* 3 +not told +not told +not told *$/,
    );
    expect(fourth).toMatch(/ netflow-v9 +- +0 /);
  });

  it('exporters prints ten thousand, and how many others are summed up', async () => {
    const other = { exporter: 'other', observationDomainId: 0, exportProtocol: 'other' } as const;
    exporters = [
      ...manyExporters(10_000),
      { ...other, records: 9, lost: 0, lostMessages: 0, summedDomains: 5_904 },
    ];
    const lines = (await printed('get', 'exporters')).trimEnd().split('\n');
    expect(lines).toHaveLength(10_002);
    expect(lines.at(-1)).toMatch(/^other \(5904 open\) /);
  });

  it('reports what the server refuses', async () => {
    const { code, stderr } = await weir('get', 'flowrecords', '--srcport', 'http', '--server', server.url);
    expect([code, stderr]).toEqual([
      1,
      `weir: ${server.url} says 400: srcport: expected a port from 0 to 65535, found "http" (WEIR_SERVER_REFUSED)\n`,
    ]);
  });

  it('reports an answer of another program', async () => {
    await using other = new HttpServerOfText('<html>\n');
    const { code, stderr } = await weir('get', 'recordmetrics', '--server', await other.start());
    expect(code).toBe(1);
    expect(stderr).toContain('expected JSON, found <html> (WEIR_SERVER_REFUSED)');
  });
});

describe('weir log-level', () => {
  it('shows the level, and sets it', async () => {
    expect(await printed('log-level')).toBe('info\n');
    expect(await printed('log-level', 'debug')).toBe('debug\n');
    expect(log.level).toBe('debug');
  });

  it('refuses a level that there is not', async () => {
    const { code, stderr } = await weir('log-level', 'loud');
    expect(code).toBe(2);
    expect(stderr).toContain('Allowed choices are error, warn, info, debug');
  });
});

describe('an option for a cluster', () => {
  it.each(['--service-account', '--aggregator'])('%s needs a context', async (option) => {
    const { code, stderr } = await weir('flows', option, 'shop/reader');
    expect(code).toBe(2);
    expect(stderr).toContain(`${option}: expected --context beside it, found none`);
  });
});

/** A server that is no Weir. */
class HttpServerOfText implements AsyncDisposable {
  readonly #server: HttpServer;

  constructor(text: string) {
    this.#server = new HttpServer(
      { host: '127.0.0.1', port: 0 },
      { '/recordmetrics': ({ response }) => void response.end(text) },
    );
  }

  async start(): Promise<string> {
    await this.#server.start();
    return this.#server.url;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.stop();
  }
}
