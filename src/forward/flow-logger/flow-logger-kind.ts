import type { SinkKind } from '../../sinks/index.ts';
import { FlowLogger } from './flow-logger.ts';
import { flowLoggerOptions } from './options.ts';

export const flowLoggerKind: SinkKind<typeof flowLoggerOptions.shape> = {
  key: 'flowLogger',
  options: flowLoggerOptions,
  // It puts the file aside when that is full, under another sink's feet.
  ownPath: ({ path }) => path,
  make: (name, values, parts) => new FlowLogger(name, values, parts),
};
