import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { loadAgentSettings, loadAggregatorSettings } from '../../../src/cli/config/index.ts';

const aggregator = (metrics: object) =>
  loadAggregatorSettings(JSON.stringify({ weir: { metrics } }), 'aggregator.yaml').settings;
const agent = (weir: object) => loadAgentSettings(JSON.stringify({ weir }), 'agent.yaml').settings;

describe('the metrics options', () => {
  it('serve on loopback by default, with separate ports for agent and aggregator', () => {
    expect(aggregator({}).metrics).toEqual({
      listen: { host: '127.0.0.1', port: 9464, isAskedFor: false },
      instance: `${hostname()}:10349`,
      otlp: [],
    });
    expect(agent({ nodeName: 'node-1' }).metrics.instance).toBe('node-1');
    expect(aggregator({ instance: 'blue-1' }).metrics.instance).toBe('blue-1');
    expect(agent({}).metrics.listen).toEqual({ host: '127.0.0.1', port: 9465, isAskedFor: false });
  });

  it('serve at the address in the file, or nowhere', () => {
    expect(aggregator({ listen: '0.0.0.0:9464' }).metrics.listen).toEqual({
      host: '0.0.0.0',
      port: 9464,
      isAskedFor: true,
    });
    expect(agent({ metrics: { listen: '[::]:0' } }).metrics.listen).toMatchObject({ host: '::', port: 0 });
    expect(agent({ metrics: { listen: 'off' } }).metrics.listen).toBeUndefined();
  });

  it('use the grouping by workload if the file names none', () => {
    expect(aggregator({}).flowSeries).toEqual({
      groupings: ['workload'],
      seriesLimit: 10_000,
      idleMs: 3_600_000,
      ranges: [],
      zones: {},
      defined: [],
    });
  });

  it('use the groupings, ranges and zones in the file', () => {
    const { flowSeries } = aggregator({
      groupings: ['node', 'external', 'node'],
      seriesLimit: 50,
      seriesIdleTimeout: '90s',
      ranges: { office: ['10.1.0.0/16', 'fd01::/32'], branch: '10.2.0.0/16' },
      zones: { 'node-1.example.com': 'zone-a' },
    });
    expect(flowSeries).toMatchObject({
      groupings: ['node', 'external'],
      seriesLimit: 50,
      idleMs: 90_000,
      ranges: [
        { name: 'office', networks: ['10.1.0.0/16', 'fd01::/32'] },
        { name: 'branch', networks: ['10.2.0.0/16'] },
      ],
      zones: { 'node-1.example.com': 'zone-a' },
    });
  });

  it.each([
    ['http://127.0.0.1:4318', 'http/protobuf', 'http://127.0.0.1:4318/v1/metrics'],
    [
      'https://metrics.example.com/otlp/v1/metrics',
      'http/protobuf',
      'https://metrics.example.com/otlp/v1/metrics',
    ],
    ['http://[::1]:4317', 'grpc', 'http://[::1]:4317/'],
  ])('send OTLP to %s (%s)', (endpoint, protocol, sent) => {
    expect(aggregator({ otlp: [{ endpoint, protocol }] }).metrics.otlp).toEqual([
      { endpoint: sent, protocol, intervalMs: 15_000, timeoutMs: 10_000 },
    ]);
  });

  it('end an OTLP export before the next one is due', () => {
    const otlp = [{ endpoint: 'http://127.0.0.1', interval: '4s', headersFile: '/etc/weir/headers' }];
    expect(agent({ metrics: { otlp } }).metrics.otlp).toMatchObject([
      { intervalMs: 4_000, timeoutMs: 4_000, headersFile: '/etc/weir/headers' },
    ]);
  });

  it('measure times of OTLP by timers, which wait for less than 25 days', () => {
    const otlp = [{ endpoint: 'http://127.0.0.1', interval: '597h' }];
    expect(() => agent({ metrics: { otlp } })).toThrow('expected a duration from 1s to 596h');
  });

  it('may define metrics in the file, each with its panel', () => {
    const { defined } = aggregator({
      defined: [
        {
          name: 'dns_bytes',
          value: 'octets',
          filter: { port: 53 },
          labels: 'source_workload',
          panel: { title: 'DNS', unit: 'Bps' },
        },
        { name: 'length_seconds', type: 'histogram', value: 'durationSeconds', buckets: [0.1, 1, 60] },
      ],
    }).flowSeries;
    expect(defined).toEqual([
      {
        name: 'dns_bytes',
        type: 'counter',
        value: 'octets',
        filter: { port: ['53'] },
        labels: ['source_workload'],
        panel: { dashboard: 'Flow metrics', title: 'DNS', unit: 'Bps' },
      },
      {
        name: 'length_seconds',
        type: 'histogram',
        value: 'durationSeconds',
        labels: [],
        buckets: [0.1, 1, 60],
      },
    ]);
  });
});

describe('the capacity of a link', () => {
  it('is the value in the file, in bits per second', () => {
    const { linkCapacities } = agent({ linkCapacities: [{ link: 'eth0', bitsPerSecond: 10_000_000_000 }] });
    expect(linkCapacities).toEqual([{ link: 'eth0', bitsPerSecond: 10_000_000_000 }]);
  });
});

describe('the links with separate series', () => {
  it('number at most 64 unless the file sets another bound', () => {
    expect(agent({}).links).toEqual({ include: [], exclude: [], limit: 64 });
    const links = { include: ['cali*'], exclude: ['docker*', 'br-*'], limit: 200 };
    expect(agent({ links }).links).toEqual(links);
  });
});
