import type { SinkKind } from '../sinks/index.ts';
import { HistoryWorkerSink } from './history-worker-sink.ts';
import { historyOptions } from './options.ts';

export const historyKind: SinkKind<typeof historyOptions.shape> = {
  key: 'history',
  options: historyOptions,
  path: ({ directory }) => directory,
  make: (name, { directory, megabytes: maxOctets, maxAge: maxAgeMs }, parts) =>
    new HistoryWorkerSink(name, { directory, maxOctets, maxAgeMs }, parts),
};
