import { describe, expect, it } from 'vitest';
import { loadAggregatorSettings } from '../../../src/cli/config/index.ts';

const url = 'http://127.0.0.1:3100';

const kindOf = (loki: object) =>
  loadAggregatorSettings(JSON.stringify({ weir: { sinks: [{ loki }] } }), 'aggregator.yaml').settings
    .sinks[0]!.kind;

describe('a sink loki of a file', () => {
  it('needs a url alone; every other option is left to where its default is', () => {
    expect(kindOf({ url })).toEqual({ loki: { url: `${url}/` } });
  });

  it('has its options in the units that the sink takes', () => {
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
