import { describe, expect, it } from 'vitest';
import { loadAgentSettings, loadAggregatorSettings } from '../../../src/cli/config/index.ts';

const agent = (log?: object) => loadAgentSettings(JSON.stringify({ weir: { log } }), 'agent.yaml').settings;
const aggregator = (log?: object) =>
  loadAggregatorSettings(JSON.stringify({ weir: { log } }), 'aggregator.yaml').settings;

describe('the process log option', () => {
  it.each([undefined, {}, { loki: null }, { loki: {} }])(
    'uses only standard error unless it names a Loki: %j',
    (log) => {
      expect(agent(log).lokiLog).toBeUndefined();
      expect(aggregator(log).lokiLog).toBeUndefined();
    },
  );

  it('uses the Loki that it names', () => {
    const loki = {
      url: 'https://logs.example.com/',
      tenant: 'ops',
      labels: { cluster: 'blue', _zone: 'a' },
      headersFile: '/etc/weir/log-headers',
      caFile: '/etc/ssl/log-ca.pem',
    };
    const settings = { ...loki, url: 'https://logs.example.com' };
    expect(agent({ loki }).lokiLog).toEqual(settings);
    expect(aggregator({ loki }).lokiLog).toEqual(settings);
  });

  it.each([
    ['http://127.0.0.1:3100', 'http://127.0.0.1:3100'],
    ['http://[::1]:3100//', 'http://[::1]:3100'],
    ['http://gateway/loki-of-ops/', 'http://gateway/loki-of-ops'],
  ])('uses %s as its base', (url, base) => {
    expect(agent({ loki: { url } }).lokiLog).toEqual({ url: base, labels: {} });
  });

  it.each([
    'logs.example.com:3100',
    'ftp://logs.example.com',
    'http://logs.example.com?tenant=ops',
    'http://logs.example.com/loki/api/v1/push',
  ])('refuses %s', (url) => {
    expect(() => agent({ loki: { url } })).toThrow('weir.log.loki.url: expected a URL without credentials');
  });
});
