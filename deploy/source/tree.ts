/**
 * Objects of which some parts depend on the values of the chart. One description has two renderings: plain
 * data for given values (`plain-tree.ts`), and the template of Helm (`helm-template.ts`).
 */
export type Tree = string | number | boolean | Part | readonly Tree[] | TreeMap;
export interface TreeMap {
  readonly [key: string]: Tree;
}

export type Part =
  | ValuePart
  | TextPart
  | ChoicePart
  | OptionalPart
  | ItemsPart
  | EntriesPart
  | ConfigPart
  | ResourcesPart
  | HelmPart;

/** A value, whole. */
interface ValuePart {
  readonly part: 'value';
  readonly path: string;
}

/** Text with values in it. */
interface TextPart {
  readonly part: 'text';
  readonly pieces: readonly string[];
  readonly paths: readonly string[];
}

/** One of two, by whether a value is set. */
interface ChoicePart {
  readonly part: 'choice';
  readonly path: string;
  readonly yes: Tree;
  readonly no: Tree;
}

/** An entry or an item that exists only if a value is set. */
interface OptionalPart {
  readonly part: 'optional';
  readonly path: string;
  readonly tree: Tree;
}

/** In a list: the items of a value that is a list. */
interface ItemsPart {
  readonly part: 'items';
  readonly path: string;
  /** What each item becomes; the item itself when undefined. `key` stands for the item in it. */
  readonly key: string | undefined;
}

/** In a map: the entries of a value that is a map. */
interface EntriesPart {
  readonly part: 'entries';
  readonly path: string;
}

/** The text of a configuration file: a value of the chart, or the file of the chart. */
interface ConfigPart {
  readonly part: 'config';
  readonly path: string;
  readonly file: string;
}

/** Memory of a container: what it asks for, and what it may take. */
export interface MemoryBounds {
  readonly request: string;
  readonly limit: string;
}

/** Resources of a container: a value, and memory that it does not name. */
export interface ResourcesPart {
  readonly part: 'resources';
  readonly path: string;
  /** The value that is the configuration file, which may have a history. */
  readonly config: string;
  readonly memory: { readonly usual: MemoryBounds; readonly withHistory: MemoryBounds };
}

/** What only Helm can work out; it does not exist elsewhere. */
interface HelmPart {
  readonly part: 'helm';
  readonly expression: string;
}

export const chartValue = (path: string): ValuePart => ({ part: 'value', path });

/** A template literal whose expressions are paths of values. */
export const textOf = (pieces: TemplateStringsArray, ...paths: string[]): TextPart => ({
  part: 'text',
  pieces,
  paths,
});

/** One of two trees, by whether the value at a path is set: neither false, zero nor empty. */
export const choose = (path: string, yes: Tree, no: Tree): ChoicePart => ({ part: 'choice', path, yes, no });

/** A tree that exists only if the value at a path is set. */
export const whereSet = (path: string, tree: Tree = chartValue(path)): OptionalPart => ({
  part: 'optional',
  path,
  tree,
});

/** @param key when given, each item becomes a map of this key to it; dots separate the keys of deeper maps */
export const itemsOf = (path: string, key?: string): ItemsPart => ({ part: 'items', path, key });

/** To be spread into a map. */
export const entriesOf = (path: string): TreeMap => ({ [`...${path}`]: { part: 'entries', path } });

export const configText = (path: string, file: string): ConfigPart => ({ part: 'config', path, file });

export const resourcesWithMemory = (
  path: string,
  config: string,
  memory: ResourcesPart['memory'],
): ResourcesPart => ({ part: 'resources', path, config, memory });

export const byHelm = (expression: string): HelmPart => ({ part: 'helm', expression });

export const isPart = (tree: Tree): tree is Part =>
  typeof tree === 'object' && 'part' in tree && typeof tree.part === 'string';

export const isList = (tree: Tree): tree is readonly Tree[] => Array.isArray(tree);
