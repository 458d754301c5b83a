import type { SinkKind } from '../../sinks/index.ts';
import { FlowLogger } from './flow-logger.ts';
import { flowLoggerOptions } from './options.ts';

export const flowLoggerKind: SinkKind<typeof flowLoggerOptions.shape> = {
  key: 'flowLogger',
  options: flowLoggerOptions,
  // Rotation renames the file, also while another sink writes to it.
  path: ({ path }) => path,
  make: (name, values, parts) => new FlowLogger(name, values, parts),
};
