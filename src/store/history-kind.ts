import type { SinkKind } from '../sinks/index.ts';
import { HistoryWorkerSink } from './history-worker-sink.ts';
import { historyOptions } from './options.ts';

export const historyKind: SinkKind<typeof historyOptions.shape> = {
  key: 'history',
  options: historyOptions,
  path: ({ directory }) => directory,
  make: (name, values, parts) => {
    const { directory, megabytes: maxOctets, maxAge: maxAgeMs } = values;
    const sums = {
      minutes: { percent: values.minutesPercent, maxAgeMs: values.minutesAge },
      hours: { percent: values.hoursPercent, maxAgeMs: values.hoursAge },
    };
    return new HistoryWorkerSink(name, { directory, maxOctets, maxAgeMs, sums }, parts);
  },
};
