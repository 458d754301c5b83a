import { plainResources } from './chosen-resources.ts';
import type { Plain, PlainMap } from './plain.ts';
import { isList, isPart, type Part, type Tree, type TreeMap } from './tree.ts';

/** Values of the chart, and the configuration files that it contains, by name. */
export interface ChartInput {
  readonly values: PlainMap;
  readonly files: Readonly<Record<string, string>>;
}

/** A tree for given values; undefined where a part does not exist. */
export function plainOf(tree: Tree, input: ChartInput): Plain | undefined {
  if (isPart(tree)) return plainPart(tree, input);
  if (isList(tree)) return tree.flatMap((item) => itemsFor(item, input));
  if (typeof tree === 'object') return plainMap(tree, input);
  return tree;
}

function plainPart(part: Part, input: ChartInput): Plain | undefined {
  switch (part.part) {
    case 'value':
      return valueAt(input, part.path);
    case 'text':
      return part.pieces.reduce(
        (text, piece, index) => `${text}${valueAt(input, part.paths[index - 1]!)}${piece}`,
      );
    case 'choice':
      return plainOf(isSet(valueAt(input, part.path)) ? part.yes : part.no, input);
    case 'optional':
      return isSet(valueAt(input, part.path)) ? plainOf(part.tree, input) : undefined;
    case 'config':
      return configFor(valueAt(input, part.path), input.files[part.file]!);
    case 'resources':
      return plainResources(
        valueAt(input, part.path) as PlainMap,
        configFor(valueAt(input, part.config), ''),
        part,
      );
    case 'helm':
      return undefined;
    default:
      throw new Error(`${part.path}: ${part.part} have no place of their own`);
  }
}

/** JSON is YAML, too. */
const configFor = (value: Plain, file: string): string => {
  if (!isSet(value)) return file;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

function itemsFor(item: Tree, input: ChartInput): Plain[] {
  if (!isPart(item) || item.part !== 'items') {
    const plain = plainOf(item, input);
    return plain === undefined ? [] : [plain];
  }
  const { path, key } = item;
  const found = valueAt(input, path) as readonly Plain[];
  return found.map((value) => (key === undefined ? value : nested(key.split('.'), value)));
}

const nested = (keys: readonly string[], value: Plain): Plain =>
  keys.reduceRight((inner, key) => ({ [key]: inner }), value);

/** A map of which nothing exists does not exist either. */
function plainMap(map: TreeMap, input: ChartInput): PlainMap | undefined {
  const entries = Object.entries(map).flatMap(([key, tree]): [string, Plain][] => {
    if (isPart(tree) && tree.part === 'entries') return Object.entries(valueAt(input, tree.path) as PlainMap);
    const plain = plainOf(tree, input);
    return plain === undefined ? [] : [[key, plain]];
  });
  return entries.length === 0 && Object.keys(map).length > 0 ? undefined : Object.fromEntries(entries);
}

/** @throws {Error} when the chart has no such value, so that a misspelt path does not go unnoticed */
export function valueAt({ values }: Pick<ChartInput, 'values'>, path: string): Plain {
  let found: Plain = values;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) {
      throw new Error(`the chart has no value ${path}`);
    }
    found = (found as PlainMap)[key]!;
  }
  return found;
}

/** What is true in a template of Helm. */
export const isSet = (value: Plain): boolean =>
  typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
