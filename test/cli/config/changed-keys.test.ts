import { expect, it } from 'vitest';
import { changedKeys, loadAggregatorSettings } from '../../../src/cli/config/index.ts';

const keysBetween = (before: string, after: string) => {
  const [one, other] = [before, after].map((text) => loadAggregatorSettings(text, 'aggregator.yaml').values);
  return changedKeys(one, other);
};

it.each([
  ['the same', 'weir: { logLevel: debug }', 'weir:\n  logLevel: debug\n', []],
  ['a default and nothing', 'weir: { logLevel: info }', '', []],
  ['another level', 'weir: { logLevel: debug }', '', ['weir.logLevel']],
  ['another port', '', 'apiServer: { apiPort: 10349 }\nclusterID: c', ['clusterID', 'apiServer.apiPort']],
  ['a further sink', '', 'weir: { sinks: [{ jsonLines: { path: /tmp/x } }] }', ['weir.sinks']],
  ['an older key', '', 'flowExportInterval: 30s', ['activeFlowRecordTimeout', 'flowExportInterval']],
])('%s changes these keys of a file', (_, before, after, keys) => {
  expect(keysBetween(before, after)).toEqual(keys);
});
