import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  configFiles,
  defaultAgentSettings,
  defaultAggregatorSettings,
  fileKinds,
} from '../../../src/cli/config/index.ts';
import {
  defaultsOf,
  everyAddress,
  type Option,
  readSection,
  type Shape,
} from '../../../src/runtime/index.ts';

/** Every option of a shape by its path, also those in lists and in sections that may be left out. */
function optionsOf(shape: Shape, path = ''): [path: string, option: Option<unknown>][] {
  return Object.entries(shape).flatMap(([key, node]) =>
    node.kind === 'option' ? [[path + key, node]] : optionsOf(node.shape, `${path}${key}.`),
  );
}

const all = fileKinds.flatMap((kind) =>
  optionsOf(configFiles[kind].root.shape).map(([path, option]) => [kind, path, option] as const),
);
const withDefault = all.filter(([, , option]) => option.default !== undefined);

describe('a default', () => {
  it.each(withDefault)('(%s) is read back as documented: %s', (_, __, option) => {
    const found: unknown = parse(option.defaultText!);
    const value = option.read(found);
    expect(value).toBeDefined();
    expect(option.write(value as NonNullable<unknown>)).toBe(option.defaultText);
    // Where an address is asked for, it must be had; nothing else differs.
    const plain = typeof option.default !== 'object' || !('isAskedFor' in (option.default as object));
    expect(value).toEqual(plain ? option.default : { ...(option.default as object), isAskedFor: true });
  });

  it('is documented either as a value or as a source of the value', () => {
    expect(withDefault.length).toBeGreaterThan(80);
    expect(withDefault.filter(([, , { derived }]) => derived !== undefined)).toEqual([]);
  });

  it.each(fileKinds)('(%s) is the value of an option absent from a file', (kind) => {
    const { shape } = configFiles[kind].root;
    expect(readSection(configFiles[kind].root as never, {})).toEqual({
      values: defaultsOf(shape),
      problems: [],
    });
  });
});

describe('the settings of an empty file', () => {
  it('equal the documented defaults for an agent', () => {
    expect(defaultAgentSettings()).toMatchObject({
      collector: {
        host: 'flow-aggregator.flow-aggregator.svc',
        port: 4_739,
        protocol: 'tls',
        service: { namespace: 'flow-aggregator', name: 'flow-aggregator' },
      },
      tls: {
        caFile: '/etc/weir/certs/ca.crt',
        certFile: '/etc/weir/certs/agent.crt',
        keyFile: '/etc/weir/certs/agent.key',
        minVersion: 'VersionTLS12',
        cipherSuites: undefined,
        serverName: undefined,
      },
      pollIntervalMs: 5_000,
      activeTimeoutMs: 60_000,
      idleTimeoutMs: 15_000,
      loopback: false,
      ownExport: false,
      track: false,
      events: true,
      maxConnections: 524_288,
      queueRecords: 65_536,
      exporting: {
        templateRefresh: { everyMs: 60_000, everyMessages: 500 },
        optionsRecords: { statisticsIntervalMs: 60_000 },
      },
      deniedGroups: [],
      kubernetes: {
        enabled: 'auto',
        kubeconfig: undefined,
        context: undefined,
        maxObjectOctets: 64 * 2 ** 20,
      },
      metrics: { listen: { host: '127.0.0.1', port: 9_465 }, otlp: [] },
      links: { include: [], exclude: [], limit: 64 },
      logLevel: 'info',
      lokiLog: undefined,
    });
  });

  it('equal the documented defaults for an aggregator', () => {
    expect(defaultAggregatorSettings()).toMatchObject({
      listen: [{ protocol: 'tls', host: everyAddress(), port: 4_739 }],
      tls: {
        caFile: '/etc/weir/certs/ca.crt',
        certFile: '/etc/weir/certs/aggregator.crt',
        keyFile: '/etc/weir/certs/aggregator.key',
        minVersion: 'VersionTLS12',
        cipherSuites: undefined,
        allowedClients: undefined,
      },
      activeTimeoutMs: 60_000,
      inactiveTimeoutMs: 90_000,
      correlationTimeoutMs: 10_000,
      maxFlows: 1_000_000,
      maxFlowsPerExporter: 200_000,
      pairsOneWayFlows: false,
      kubernetes: {
        enabled: 'auto',
        labels: false,
        omitLabels: ['pod-template-hash', 'controller-revision-hash', 'pod-template-generation'],
        maxObjectOctets: 512 * 2 ** 20,
        uids: false,
      },
      ranges: [],
      sessions: { maxSessions: 8_192, maxAddressOctets: 32 * 2 ** 20, maxSessionOctets: 192 * 2 ** 20 },
      sinks: [],
      http: { listen: { host: '127.0.0.1', port: 10_349 }, console: true, names: [], basePath: '' },
      apiServer: { port: 10_348, minVersion: 'VersionTLS12' },
      windowMs: 600_000,
      windowOctets: 20 * 2 ** 20,
      metrics: { listen: { host: '127.0.0.1', port: 9_464 }, otlp: [] },
      flowSeries: { groupings: ['workload'], seriesLimit: 10_000, idleMs: 3_600_000 },
      logLevel: 'info',
      lokiLog: undefined,
    });
  });
});

describe('an older key', () => {
  const older = all.flatMap(([kind, path, { olderKey }]) =>
    olderKey === undefined ? [] : [[kind, path, olderKey] as const],
  );

  it.each(older)('(%s) has no default, so %s has the only one: %s', (kind, path, olderKey) => {
    const { root } = configFiles[kind];
    const option = optionsOf(root.shape).find(([key]) => key === olderKey)![1];
    expect([option.default, option.derived, option.description]).toEqual([
      undefined,
      undefined,
      expect.stringMatching(new RegExp(`^older (key|name) of ${path.replaceAll('.', '\\.')}`)),
    ]);
  });
});
