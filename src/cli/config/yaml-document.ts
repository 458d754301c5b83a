import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml';
import { ConfigError, type ConfigProblem } from './config-problem.ts';
import { yamlFaults } from './yaml-faults.ts';

export type Path = readonly PropertyKey[];

/** The content at a path. */
export interface DocumentPlace {
  /** Whether the path exists; otherwise this is the nearest one above it. */
  readonly isThere: boolean;
  readonly line: number;
  /** The value as text, without credentials. */
  readonly found: string;
  readonly value: unknown;
}

/** Maximum repetitions by all aliases together. */
const MOST_REPETITIONS = 100;

/** A parsed YAML text, and the places of its contents. */
export class YamlDocument {
  readonly value: unknown;
  readonly file: string;
  readonly document: Document;
  readonly #lines = new LineCounter();
  readonly #indent: number;

  /**
   * @param indent columns of each line of the file before the text begins
   * @throws {ConfigError} with everything that cannot be parsed
   */
  constructor(text: string, file: string, indent = 0) {
    this.file = file;
    this.#indent = indent;
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, merge: true });
    this.document = document;
    const faults = yamlFaults(document, text);
    if (faults.length > 0) {
      throw new ConfigError(faults.map(({ offset, ...fault }) => this.#problemAt(offset, fault)));
    }
    this.value = this.#toValue();
  }

  /** Makes a problem whose place the line alone may not show. */
  #problemAt(offset: number, what: Pick<ConfigProblem, 'expected' | 'found'>): ConfigProblem {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: line || 1, column: (col || 1) + this.#indent, key: '', ...what };
  }

  #toValue(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: MOST_REPETITIONS }) ?? {};
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      const expected = `aliases that repeat things ${MOST_REPETITIONS} times at most`;
      throw new ConfigError([
        { file: this.file, line: 1, key: '', expected, found: 'aliases that multiply beyond that' },
      ]);
    }
  }

  /** Finds the content at a path of keys, also by an alias or a merge key. */
  at(path: Path): DocumentPlace {
    let node = this.#resolved(this.document.contents);
    for (const [depth, key] of path.entries()) {
      const entry = this.#entry(node, key);
      if (entry === undefined) return this.#place(node, false, undefined, 'nothing');
      const value = this.#resolved(entry.value);
      if (depth === path.length - 1) {
        const js = this.#valueOf(value);
        return this.#place(entry.key ?? value, true, js, quoteValue(js, entry.key && String(key)));
      }
      node = value;
    }
    const js = this.#valueOf(node);
    return this.#place(node, true, js, quoteValue(js));
  }

  #place(node: Node | undefined, isThere: boolean, value: unknown, found: string): DocumentPlace {
    const line = this.#lines.linePos(node?.range?.[0] ?? 0).line || 1;
    return { isThere, line, found, value };
  }

  #resolved(node: unknown): Node | undefined {
    const found = isAlias(node) ? node.resolve(this.document) : node;
    return (found ?? undefined) as Node | undefined;
  }

  #valueOf(node: Node | undefined): unknown {
    return node?.toJS(this.document) ?? null;
  }

  #entry(node: Node | undefined, key: PropertyKey): { key?: Node; value: unknown } | undefined {
    if (isSeq(node)) {
      const value = node.items[Number(key)];
      return value === undefined ? undefined : { value };
    }
    if (!isMap(node)) return undefined;
    const own = node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
    if (own !== undefined) return { key: own.key as Node, value: own.value };
    for (const pair of node.items.filter(isMerge)) {
      const sources = this.#resolved(pair.value);
      for (const source of isSeq(sources) ? sources.items : [sources]) {
        const entry = this.#entry(this.#resolved(source), key);
        if (entry !== undefined) return entry;
      }
    }
    return undefined;
  }
}

const isMerge = ({ key }: Pair): boolean => isScalar(key) && key.source === '<<';

/** Quotes a value without secrets: those below a key that says so, and those in a URL. */
function quoteValue(value: unknown, key?: string): string {
  if (value === null) return key === undefined ? 'nothing' : `the key "${key}" without a value`;
  const shown = isSecret(key) ? '***' : value;
  const text = JSON.stringify(shown, (inner, below) => (isSecret(inner) && below !== null ? '***' : below));
  return text.replaceAll(credentials, '://***@');
}

/** Whether a key may have a secret as its value; the name of a file or of a Secret is none. */
const isSecret = (key = ''): boolean =>
  /pass(word|phrase)|token|secret|credential|authorization|headers|api_?key|private_?key/i.test(key) &&
  !/(file|name)$/i.test(key);

/**
 * A user and a password in a URL, which messages must not repeat. A password may contain any character, also
 * by mistake.
 */
const credentials = /:\/\/[^\s"]*@/g;
