import { expect, it } from 'vitest';
import { loadAgentSettings, loadAggregatorSettings } from '../../../src/cli/config/index.ts';
import { exportingSettings } from '../../../src/ipfix/index.ts';

const keys = '{ templateRefreshTimeout: 30s, templateRefreshMessages: 20, maxIPFIXMsgSize: 1024 }';
const settings = { templateRefresh: { everyMs: 30_000, everyMessages: 20 }, maxMessageOctets: 1_024 };
const statistics = { optionsRecords: { statisticsIntervalMs: 60_000 } };
const byDefault = { templateRefresh: { everyMs: 60_000, everyMessages: 500 } };

it('an agent exports by the options of its file, otherwise by documented defaults', () => {
  const exportingOf = (text: string) => loadAgentSettings(text, 'agent.yaml').settings.exporting;
  expect(exportingOf(`weir: ${keys}`)).toEqual({ ...settings, ...statistics });
  expect(exportingOf('')).toEqual({ ...byDefault, ...statistics });
});

it.each([
  ['tcp', {}, statistics],
  ['tls', {}, statistics],
  ['udp', {}, {}],
  ['dtls', {}, {}],
  ['tcp', { optionsRecords: false }, {}],
  [
    'udp',
    { optionsRecords: true, statisticsInterval: '5s' },
    { optionsRecords: { statisticsIntervalMs: 5_000 } },
  ],
])('an agent over %s with %j sends these options records: %j', (protocol, weir, expected) => {
  const file = { flowExporter: { flowCollectorAddr: `192.0.2.1:4739:${protocol}` }, weir };
  const { exporting } = loadAgentSettings(JSON.stringify(file), 'agent.yaml').settings;
  expect(exporting).toEqual({ ...byDefault, ...expected });
});

it('each IPFIX sink of an aggregator exports by its own options', () => {
  const text = `
flowCollector: { enable: true, address: "192.0.2.1", maxIPFIXMsgSize: 600 }
weir:
  sinks:
    - ipfix: { address: "192.0.2.2", ${keys.slice(2, -2)} }
    - ipfix: { address: "192.0.2.3" }
    - ipfix: { address: "192.0.2.4", optionsRecords: true }
`;
  const { sinks } = loadAggregatorSettings(text, 'aggregator.yaml').settings;
  expect(
    sinks.map(({ values }) =>
      exportingSettings(values as never, (values as { optionsRecords: boolean }).optionsRecords),
    ),
  ).toEqual([
    { templateRefresh: { everyMs: 600_000, everyMessages: 500 }, maxMessageOctets: 600 },
    settings,
    byDefault,
    { ...byDefault, ...statistics },
  ]);
});

it.each([
  'weir: { templateRefreshTimeout: 10ms }',
  'weir: { templateRefreshMessages: 0 }',
  'weir: { maxIPFIXMsgSize: 100 }',
])('is refused: %s', (text) => {
  expect(() => loadAgentSettings(text, 'agent.yaml')).toThrow(/expected/);
});
