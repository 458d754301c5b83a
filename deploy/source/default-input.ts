import { exampleFile, type FileKind, fileKinds } from '../../src/cli/config/index.ts';
import { defaultsOf } from '../../src/runtime/index.ts';
import { chartValues } from './chart-values.ts';
import { configFileNames } from './config-value.ts';
import type { PlainMap } from './plain.ts';
import type { ChartInput } from './plain-tree.ts';

/** The two configuration files: every option as a comment, so that all are at hand in the cluster. */
export const configFileTexts: Readonly<Record<FileKind, string>> = {
  agent: exampleFile('agent'),
  aggregator: exampleFile('aggregator'),
};

/** What the chart has if nobody sets a value. */
export const defaultInput: ChartInput = {
  values: defaultsOf(chartValues) as unknown as PlainMap,
  files: Object.fromEntries(
    fileKinds.map((kind) => [`files/${configFileNames[kind]}`, configFileTexts[kind]]),
  ),
};
