import { describe, expect, it } from 'vitest';
import { defaultLogLayout } from '../../../src/logs/index.ts';
import { flowLogSinksOf } from '../../support/flow-log-sinks.ts';

const url = 'http://127.0.0.1:3100';

const kindOf = (loki: object) => flowLogSinksOf(JSON.stringify({ weir: { sinks: [{ loki }] } }))[0]!.kind;

const defaultBatches = { batchAgeMs: 1_000, batchOctets: 1_048_576, concurrency: 4 };
const defaultLines = {
  ...defaultLogLayout,
  staticLabels: { service_name: 'weir-flows' },
  valuesPerLabel: 100,
  sampleOneOf: 1,
};

describe('a loki sink in a file', () => {
  it('needs only a url; every other option has a default', () => {
    expect(kindOf({ url })).toEqual({
      loki: { url: `${url}/`, encoding: 'protobuf', timeoutMs: 10_000, ...defaultBatches, ...defaultLines },
    });
  });

  it("has its options in the sink's units", () => {
    const same = {
      tenant: 'ops',
      headersFile: '/etc/weir/headers',
      caFile: '/etc/ssl/ca.pem',
      username: 'weir',
      passwordFile: '/etc/weir/password',
      certificateFile: '/etc/weir/cert.pem',
      keyFile: '/etc/weir/key.pem',
      encoding: 'json',
      concurrency: 2,
      staticLabels: { environment: 'production', _zone: 'a' },
      labels: ['node', 'protocol'],
      valuesPerLabel: 50,
      metadata: ['sourcePodName', 'communityId'],
      omit: [],
      sampleOneOf: 100,
    };
    const loki = {
      ...same,
      url: `${url}/behind/a/gateway`,
      timeout: '2s',
      batchAge: '250ms',
      batchKilobytes: 512,
      queueMegabytes: 16,
      spool: { directory: '/var/lib/weir/loki', megabytes: 10 },
    };
    expect(kindOf(loki)).toEqual({
      loki: {
        ...same,
        url: `${url}/behind/a/gateway`,
        timeoutMs: 2_000,
        batchAgeMs: 250,
        batchOctets: 524_288,
        queueOctets: 16_777_216,
        spool: { directory: '/var/lib/weir/loki', maxOctets: 10_485_760 },
      },
    });
    expect(kindOf({ url, spool: { directory: '/var/lib/weir/loki' } })).toMatchObject({
      loki: { spool: { maxOctets: 1_073_741_824 } },
    });
  });
});

describe('a victoriaLogs sink in a file', () => {
  const settingsOf = (victoriaLogs: object) =>
    flowLogSinksOf(JSON.stringify({ weir: { sinks: [{ victoriaLogs }] } }))[0]!.kind;

  it('needs only a url, which may have a path', () => {
    expect(settingsOf({ url: 'http://127.0.0.1:9428/logs' })).toEqual({
      victoriaLogs: {
        server: 'victoriaLogs',
        url: 'http://127.0.0.1:9428/logs',
        encoding: 'protobuf',
        timeoutMs: 10_000,
        retentionMs: 7 * 86_400_000,
        futureMs: 2 * 86_400_000,
        ...defaultBatches,
        ...defaultLines,
      },
    });
  });

  it("has its options in the sink's units", () => {
    const victoriaLogs = {
      url,
      tenant: '7:2',
      retention: '30d',
      futureRetention: '48h',
      staticFields: { environment: 'production' },
      streamFields: ['node'],
      valuesPerStreamField: 50,
      fields: ['sourcePodName', 'sourceIP'],
      omit: [],
    };
    expect(settingsOf(victoriaLogs)).toMatchObject({
      victoriaLogs: {
        server: 'victoriaLogs',
        url: `${url}/`,
        tenant: '7:2',
        retentionMs: 30 * 86_400_000,
        futureMs: 2 * 86_400_000,
        staticLabels: { environment: 'production' },
        labels: ['node'],
        valuesPerLabel: 50,
        metadata: ['sourcePodName', 'sourceIP'],
        omit: [],
      },
    });
    expect(settingsOf({ url, tenant: 7 })).toMatchObject({ victoriaLogs: { tenant: '7' } });
  });
});
