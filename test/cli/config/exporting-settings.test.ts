import { expect, it } from 'vitest';
import { loadAgentSettings, loadAggregatorSettings } from '../../../src/cli/config/index.ts';
import { exportingSettings } from '../../../src/ipfix/index.ts';

const keys = '{ templateRefreshTimeout: 30s, templateRefreshMessages: 20, maxIPFIXMsgSize: 1024 }';
const settings = { templateRefresh: { everyMs: 30_000, everyMessages: 20 }, maxMessageOctets: 1_024 };
const byDefault = { templateRefresh: { everyMs: 60_000, everyMessages: 500 } };

it('an agent exports by the options of its file, otherwise by documented defaults', () => {
  expect(loadAgentSettings(`weir: ${keys}`, 'agent.yaml').settings.exporting).toEqual(settings);
  expect(loadAgentSettings('', 'agent.yaml').settings.exporting).toEqual(byDefault);
});

it('each IPFIX sink of an aggregator exports by its own options', () => {
  const text = `
flowCollector: { enable: true, address: "192.0.2.1", maxIPFIXMsgSize: 600 }
weir:
  sinks:
    - ipfix: { address: "192.0.2.2", ${keys.slice(2, -2)} }
    - ipfix: { address: "192.0.2.3" }
`;
  const { sinks } = loadAggregatorSettings(text, 'aggregator.yaml').settings;
  expect(sinks.map(({ values }) => exportingSettings(values as never))).toEqual([
    { templateRefresh: { everyMs: 600_000, everyMessages: 500 }, maxMessageOctets: 600 },
    settings,
    byDefault,
  ]);
});

it.each([
  'weir: { templateRefreshTimeout: 10ms }',
  'weir: { templateRefreshMessages: 0 }',
  'weir: { maxIPFIXMsgSize: 100 }',
])('is refused: %s', (text) => {
  expect(() => loadAgentSettings(text, 'agent.yaml')).toThrow(/expected/);
});
