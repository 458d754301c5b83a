import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { type OtlpOptions, Telemetry, type TelemetryOptions } from '../../../src/metrics/index.ts';
import { measuresOf } from '../../../src/metrics/series/index.ts';
import { Ledger, systemClock } from '../../../src/runtime/index.ts';
import { keptLog } from '../../support/ipfix.ts';
import { loopbackCertificate, loopbackKey } from '../../support/loopback-certificate.ts';
import { decodeMetrics, OtlpReceiver, type OtlpRequest } from '../../support/otlp-receiver.ts';
import { type RetainedObjects, retainedObjects } from '../../support/retained-objects.ts';
import { largeTable } from '../../support/series-table.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';
import { aggregatorReadings, seriesReadings } from './readings.ts';

const target = (endpoint: string, options: Partial<OtlpOptions> = {}): OtlpOptions => ({
  endpoint,
  protocol: 'http/protobuf',
  intervalMs: 100,
  timeoutMs: 100,
  ...options,
});

async function send(otlp: readonly OtlpOptions[], options: Partial<TelemetryOptions> = {}) {
  const { log, lines } = keptLog();
  const telemetry = new Telemetry({
    component: 'aggregator',
    clock: systemClock,
    ledger: new Ledger(),
    log,
    version: '1.2.3',
    resource: { 'k8s.cluster.name': 'c' },
    otlp,
    ...options,
  });
  await telemetry.start();
  return { telemetry, lines, [Symbol.asyncDispose]: () => telemetry.stop(300).catch(() => {}) };
}

/** What is held more of than before, in pieces for each of so many rounds. */
function grownBy(before: RetainedObjects, rounds: number): RetainedObjects {
  const after = retainedObjects();
  const kinds = Object.keys(before) as (keyof RetainedObjects)[];
  const entries = kinds.map((kind) => [kind, (after[kind] - before[kind]) / rounds]);
  return Object.fromEntries(entries) as unknown as RetainedObjects;
}

/** For exports of which a busy machine makes few in a second. */
const patience = { timeoutMs: 120_000 };

const exportsOf = (receiver: OtlpReceiver) =>
  (receiver.metric('weir.otlp.exports')?.points ?? []).map(
    ({ attributes, value }) => [attributes['weir.result'], value] as const,
  );

describe('a receiver of OTLP', () => {
  it('gets cumulative flow and process metrics with resource, attributes and times', async () => {
    await using receiver = await new OtlpReceiver().start();
    await using _ = await send([target(receiver.endpoint)], {
      aggregator: () => aggregatorReadings,
      series: seriesReadings(),
    });
    await until('an export', () => receiver.requests.length > 0);
    const [request] = receiver.requests;
    expect(request!.resource).toMatchObject({
      'service.name': 'weir-aggregator',
      'service.version': '1.2.3',
      'service.instance.id': hostname(),
      'k8s.cluster.name': 'c',
    });
    expect(receiver.metric('weir.flow.workload.bytes')).toMatchObject({
      unit: 'By',
      type: 'sum',
      isMonotonic: true,
      isCumulative: true,
      points: [
        {
          attributes: {
            'k8s.cluster.name': 'c',
            'source.k8s.namespace.name': 'shop',
            'source.k8s.workload.name': 'web',
            'weir.source.kind': 'Pod',
            'destination.k8s.namespace.name': 'shop',
          },
          startMs: 1_767_225_600_250,
          value: 0,
        },
        { attributes: { 'destination.k8s.workload.name': 'o"d\\d\nname 👩' }, value: 1.5 },
      ],
    });
    expect(receiver.metric('weir.metrics.delay.seconds')).toMatchObject({
      type: 'histogram',
      isCumulative: true,
      points: [{ value: 6, sum: 4.5, bounds: [0.1, 1], counts: [3, 2, 1] }],
    });
    expect(receiver.metric('weir.collector.lost.records')!.points[0]).toMatchObject({
      attributes: { 'network.peer.address': '192.0.2.1', 'weir.observation_domain.id': 7 },
      value: 3,
    });
    expect(receiver.metric('process.cpu.time')).toMatchObject({ type: 'sum', unit: 's' });
  });

  it('is sent a table of many series in several requests', async () => {
    await using receiver = await new OtlpReceiver().start();
    const table = largeTable(measuresOf('zone'), 10_000);
    await using _ = await send([target(receiver.endpoint, { intervalMs: 1_000, timeoutMs: 1_000 })], {
      series: seriesReadings([table]),
    });
    const points = () =>
      receiver.requests.flatMap(({ metrics }) =>
        metrics.filter(({ name }) => name.startsWith('weir.flow.')).flatMap((metric) => metric.points),
      );
    await until('all series', () => points().length >= 20_000);
    expect(receiver.requests.length).toBeGreaterThanOrEqual(3);
    expect(table.holders).toBe(0);
  });

  it('receives the headers from a file, even after the file changes', async () => {
    using directory = new TemporaryDirectory();
    const headersFile = join(directory.path, 'headers');
    writeFileSync(headersFile, '# who we are\nAuthorization: Bearer one\nX-Tenant: a: b\n');
    await using receiver = await new OtlpReceiver().start();
    await using _ = await send([target(receiver.endpoint, { headersFile })]);
    await until('an export', () => receiver.headers.length > 0);
    expect(receiver.headers[0]).toMatchObject({ authorization: 'Bearer one', 'x-tenant': 'a: b' });
    writeFileSync(headersFile, 'Authorization: Bearer two');
    await until('the other token', () => receiver.headers.at(-1)!.authorization === 'Bearer two');
  });

  it('prevents the start if its header file is missing or invalid', async () => {
    using directory = new TemporaryDirectory();
    const headersFile = join(directory.path, 'headers');
    const starting = () => send([target('http://127.0.0.1:1', { headersFile })]);
    await expect(starting()).rejects.toMatchObject({
      code: 'WEIR_OTLP_FILE',
      message: expect.stringContaining(headersFile),
    });
    writeFileSync(headersFile, '\nBearer token\n');
    await expect(starting()).rejects.toThrow(`${headersFile}, line 2: expected "name: value"`);
  });

  it('is trusted over HTTPS only if the authority in a file signed its certificate', async () => {
    using directory = new TemporaryDirectory();
    const caFile = join(directory.path, 'ca.pem');
    writeFileSync(caFile, loopbackCertificate);
    await using receiver = await new OtlpReceiver({ cert: loopbackCertificate, key: loopbackKey }).start();
    await using distrustful = await send([target(receiver.endpoint, { intervalMs: 500, timeoutMs: 500 })]);
    await until('a refusal', () =>
      distrustful.lines.some((line) => line.includes('self-signed certificate')),
    );
    expect(receiver.requests).toEqual([]);
    await using _ = await send([target(receiver.endpoint, { caFile, intervalMs: 500, timeoutMs: 500 })]);
    await until('an export', () => receiver.requests.length > 0);
  });

  it('gets the same over gRPC, with the headers as metadata', async () => {
    const requests: OtlpRequest[] = [];
    const tokens: unknown[] = [];
    const server = new Server();
    const pass = (octets: Buffer) => octets;
    server.addService(
      {
        export: {
          path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
          requestStream: false,
          responseStream: false,
          requestSerialize: pass,
          requestDeserialize: pass,
          responseSerialize: pass,
          responseDeserialize: pass,
        },
      },
      {
        export: (
          call: { request: Buffer; metadata: { get(name: string): unknown[] } },
          done: (error: null, answer: Buffer) => void,
        ) => {
          requests.push(decodeMetrics(call.request));
          tokens.push(...call.metadata.get('authorization'));
          done(null, Buffer.alloc(0));
        },
      },
    );
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    using directory = new TemporaryDirectory();
    const headersFile = join(directory.path, 'headers');
    writeFileSync(headersFile, 'Authorization: Bearer one');
    const options = { protocol: 'grpc', headersFile, intervalMs: 500, timeoutMs: 500 } as const;
    await using sending = await send([target(`http://127.0.0.1:${port}`, options)], {
      series: seriesReadings(),
    });
    await until('an export', () => requests.length > 0);
    expect(requests[0]!.resource['service.name']).toBe('weir-aggregator');
    expect(requests[0]!.metrics.map(({ name }) => name)).toContain('weir.flow.workload.bytes');
    writeFileSync(headersFile, 'Authorization: Bearer two');
    await until('the other token', () => tokens.at(-1) === 'Bearer two');
    await sending.telemetry.stop(1_000);
    server.forceShutdown();
  });
});

describe('receivers of OTLP', () => {
  it('get no header from the environment', async () => {
    await using receiver = await new OtlpReceiver().start();
    const environment = {
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=of-another',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'x-metrics-key=of-another',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    };
    Object.assign(process.env, environment);
    try {
      await using sending = await send([target(receiver.endpoint)]);
      await until('an export', () => receiver.requests.length > 0);
      const [headers] = receiver.headers;
      expect([headers!['x-key'], headers!['x-metrics-key'], headers!['content-encoding']]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(receiver.metric('weir.metrics.scrapes')).toMatchObject({ isCumulative: true });
      expect(process.env).toMatchObject(environment);
      expect(sending.lines[0]).toContain(`${Object.keys(environment).join(', ')}: not used`);
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
    }
  });
});

describe('a receiver of OTLP that accepts nothing', () => {
  it.each([
    ['asks for patience', 429, 'throttled'],
    ['is overloaded', 503, 'throttled'],
    ['refuses', 400, 'rejected'],
  ])('because it %s is sent the metrics once it accepts them (%i)', async (_, status, result) => {
    await using receiver = await new OtlpReceiver().start();
    receiver.answer = (response) => response.writeHead(status).end();
    await using sending = await send([target(receiver.endpoint)]);
    await until('some exports', () => receiver.requests.length >= 4);
    receiver.answer = (response) => response.end();
    await until('the count', () => exportsOf(receiver).some(([how]) => how === 'success'));
    expect(Object.fromEntries(exportsOf(receiver))[result]).toBeGreaterThanOrEqual(3);
    expect(sending.lines.join('\n')).toContain(`${receiver.endpoint} did not accept metrics: ${result}, `);
  });

  it('is quoted with its name and message', async () => {
    await using receiver = await new OtlpReceiver().start();
    receiver.answer = (response) => response.writeHead(400).end('{"message":"no such \u001btenant"}');
    await using sending = await send([target(receiver.endpoint)]);
    await until('the words', () => sending.lines.length > 0);
    expect(sending.lines[0]).toContain(
      `${receiver.endpoint} did not accept metrics: rejected, 400 Bad Request: {"message":"no such  tenant"}`,
    );
  });

  it('or only a part, is counted by points, and quoted', async () => {
    await using receiver = await new OtlpReceiver().start();
    // ExportMetricsServiceResponse { partial_success { rejected_data_points: 7, error_message: "too old" } }
    const answer = Buffer.from([0x0a, 11, 0x08, 7, 0x12, 7, ...Buffer.from('too old')]);
    receiver.answer = (response) => response.end(answer);
    await using other = await new OtlpReceiver().start();
    await using sending = await send([target(receiver.endpoint), target(other.endpoint)]);
    await until('counts', () => Object.fromEntries(exportsOf(other)).partial! >= 2);
    const rejected = other.metric('weir.otlp.rejected.points')!.points;
    expect(
      Object.fromEntries(
        rejected.map(({ attributes, value }) => [attributes['weir.otlp.target'], value > 0]),
      ),
    ).toEqual({
      [receiver.endpoint]: true,
      [other.endpoint]: false,
    });
    expect(rejected[0]!.value % 7).toBe(0);
    expect(sending.lines[0]).toContain(`${receiver.endpoint} rejected 7 points: too old`);
  });

  it.each([
    ['never answers', () => {}],
    [
      'never ends its answer',
      (response: ServerResponse) => {
        response.writeHead(200);
        const dripping = setInterval(() => response.write('.'), 20);
        response.on('close', () => clearInterval(dripping));
      },
    ],
  ])('because it %s costs one export at a time, and is tried again', async (_, answer) => {
    await using receiver = await new OtlpReceiver().start();
    receiver.answer = answer;
    await using sending = await send([target(receiver.endpoint, { intervalMs: 300, timeoutMs: 100 })]);
    await until('an export that has failed', () => sending.lines.some((line) => line.includes('timeout')));
    receiver.answer = (response) => response.end();
    await until('the count', () => Object.fromEntries(exportsOf(receiver)).timeout! >= 1);
  });

  it('because it is absent is counted, and gets metrics when it is back', async () => {
    const receiver = await new OtlpReceiver().start();
    const { endpoint } = receiver;
    await receiver[Symbol.asyncDispose]();
    await using sending = await send([target(endpoint)]);
    await until('a failure', () =>
      sending.lines.some((line) =>
        line.includes(`${endpoint} did not accept metrics: unreachable, connect ECONNREFUSED`),
      ),
    );
  });

  it('makes no memory grow', async () => {
    await using receiver = await new OtlpReceiver().start();
    let answered = 0;
    receiver.answer = (response) => {
      receiver.requests.length = 0;
      receiver.headers.length = 0;
      if (++answered % 3 === 0) response.writeHead(503).end();
      else if (answered % 3 === 1) response.writeHead(429, { 'retry-after': '60' }).end();
    };
    const table = largeTable(measuresOf('zone'), 200);
    await using _ = await send([target(receiver.endpoint, { intervalMs: 40, timeoutMs: 40 })], {
      series: seriesReadings([table]),
    });
    await until('it to settle', () => answered >= 6, patience);
    const before = retainedObjects();
    await until('many exports', () => answered >= 24, patience);
    const grown = grownBy(before, 18);
    // An export is some nine hundred objects and a buffer. One or two are under way.
    expect(grown.all).toBeLessThan(300);
    for (const kind of ['buffers', 'sockets', 'timers'] as const) {
      expect(grown[kind], kind).toBeLessThan(0.5);
    }
  });
});

describe('a reader that never reads', () => {
  it('makes no memory grow while another reads and names come and go', async () => {
    await using receiver = await new OtlpReceiver().start();
    receiver.answer = (response) => {
      receiver.requests.splice(0, receiver.requests.length - 1);
      receiver.headers.length = 0;
      response.end();
    };
    const ledger = new Ledger();
    let exporters = 0;
    let readings = 0;
    const churning = () => {
      readings++;
      return {
        ...aggregatorReadings,
        collector: {
          sessions: 0,
          exporters: Array.from({ length: 1_000 }, () => ({
            exporter: `exporter-${exporters++}`,
            observationDomainId: 1,
            firstRecordMs: 0,
            lastRecordMs: 1,
            records: 1,
            exportProtocol: 'ipfix' as const,
            lost: 1,
            lostMessages: 0,
          })),
          decodeErrors: [],
          certificateExpiryMs: undefined,
        },
      };
    };
    // Nobody scrapes.
    await using _ = await send([target(receiver.endpoint, { intervalMs: 50, timeoutMs: 50 })], {
      ledger,
      aggregator: churning,
    });
    await until('it to settle', () => readings >= 5, patience);
    const before = retainedObjects();
    await until('many readings', () => readings >= 25, patience);
    // A reading is four thousand objects, with a thousand names that no other has.
    expect(grownBy(before, 20).all).toBeLessThan(1_500);
    expect(receiver.metric('weir.collector.lost.records')!.points).toHaveLength(1_000);
  });
});

describe('the end of a process', () => {
  it('sends all counts up to then', async () => {
    await using receiver = await new OtlpReceiver().start();
    const ledger = new Ledger();
    const account = ledger.open('sink file', 'records');
    const options = { intervalMs: 60_000, timeoutMs: 60_000 };
    await using sending = await send([target(receiver.endpoint, options)], { ledger });
    account.received = account.sent = 77;
    await sending.telemetry.stop(60_000);
    expect(receiver.metric('weir.ledger.sent')!.points).toMatchObject([{ value: 77 }]);
  });

  it('waits a bounded time for a silent receiver', async () => {
    await using receiver = await new OtlpReceiver().start();
    receiver.answer = () => {};
    const options = { intervalMs: 60_000, timeoutMs: 30_000 };
    await using sending = await send([target(receiver.endpoint, options)]);
    const started = performance.now();
    await expect(sending.telemetry.stop(300)).rejects.toThrow('not done within 300 ms');
    expect(performance.now() - started).toBeLessThan(5_000);
    await delay(50);
    expect(receiver.connections).toBe(1);
  });
});
