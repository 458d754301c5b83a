import { type FileKind, fileSchema } from '../../src/cli/config/index.ts';
import { customOption, type JsonSchema, type Option } from '../../src/runtime/index.ts';
import type { PlainMap } from './plain.ts';

type Config = PlainMap | string;
type ConfigOption = Option<Config>;

/** The name of each file in its ConfigMap and in the chart. */
export const configFileNames = { agent: 'antrea-agent.conf', aggregator: 'flow-aggregator.conf' } as const;

/**
 * Whether a changed file restarts the Pods. Both programs read it again. An aggregator changes its sinks so,
 * and needs no restart for them; an agent changes its log level only.
 */
export const restartsByFile = { agent: true, aggregator: false } as const;

/** A configuration file as a value: its options as a map, or its text. */
export const configValue = (kind: FileKind): ConfigOption =>
  customOption<
    Config,
    { description: string; default: Config; value: string; json: JsonSchema; write: typeof JSON.stringify }
  >(
    {
      description: `the ${kind}'s configuration; all options with their defaults are in files/${configFileNames[kind]}`,
      value: 'a map of its options, or the text of the file',
      default: {},
      json: { anyOf: [schemaWithin(fileSchema(kind)), { type: 'string' }] },
      write: JSON.stringify,
    },
    (found) => (typeof found === 'string' || isMap(found) ? found : undefined),
  );

const isMap = (found: unknown): found is PlainMap =>
  typeof found === 'object' && found !== null && !Array.isArray(found);

/** Without the name of the dialect, which only a whole schema has. */
const schemaWithin = ({ $schema, ...schema }: JsonSchema): JsonSchema => schema;
