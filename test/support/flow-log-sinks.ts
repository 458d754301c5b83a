import { loadAggregatorSettings } from '../../src/cli/config/index.ts';
import type { FlowLogKind } from '../../src/logs/index.ts';

/** The sinks of an aggregator's file, all of which log flows, and their options. */
export const flowLogSinksOf = (text: string) =>
  loadAggregatorSettings(text, 'aggregator.yaml').settings.sinks.map(({ name, filter, kind, values }) => ({
    name,
    filter,
    kind: { [kind.key]: (kind as FlowLogKind).flowLogOptions(values) },
  }));
