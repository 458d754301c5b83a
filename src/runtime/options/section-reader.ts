import { ItemFault, type Option } from './option.ts';
import {
  type Objection,
  type OptionNode,
  requiredKeysOf,
  type Section,
  type Sections,
  type Shape,
  type Values,
} from './section.ts';

/** A value that differs from what its option expects. */
export interface ValueProblem {
  readonly path: readonly PropertyKey[];
  readonly expected: string;
}

/**
 * Reads the values of a section from plain data, such as parsed YAML, or reports all that is wrong with it.
 */
export function readSection<S extends Shape>(
  root: Section<S>,
  found: unknown,
): { readonly values: Values<S>; readonly problems: readonly ValueProblem[] } {
  const reader = new SectionReader();
  const values = reader.section(root as unknown as Section, found, []) as Values<S>;
  if (reader.problems.length === 0)
    fillIn(root as unknown as Section, values as AnyValues, values as AnyValues);
  return { values, problems: reader.problems };
}

type Path = readonly PropertyKey[];
type AnyValues = Record<string, unknown>;

class SectionReader {
  readonly problems: ValueProblem[] = [];
  /** Number of values that could not be read. A section with any of them is not checked as a whole. */
  #unreadable = 0;

  section(section: Section, found: unknown, path: Path): AnyValues {
    const before = this.#unreadable;
    const values = this.#map(section.shape, found ?? {}, path);
    if (this.#unreadable === before) this.#object(path, section.check(values));
    return values;
  }

  #map(shape: Shape, found: unknown, path: Path): AnyValues {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) {
      this.#refuse(path, 'a map of keys');
      return {};
    }
    const given = found as AnyValues;
    const values = Object.entries(shape).map(([key, node]) => {
      const inner = Object.hasOwn(given, key) ? given[key] : undefined;
      return [key, this.#node(node, inner, [...path, key])];
    });
    const expected = `one of the keys ${Object.keys(shape).join(', ')}`;
    for (const key of Object.keys(given)) {
      if (!Object.hasOwn(shape, key)) this.problems.push({ path: [...path, key], expected });
    }
    this.#expectKeys(requiredKeysOf(shape), given, path);
    return Object.fromEntries(values);
  }

  #expectKeys(keys: readonly string[], given: AnyValues, path: Path): void {
    if (keys.every((key) => Object.hasOwn(given, key) && given[key] !== null)) return;
    this.#refuse(path, `a map with the key${keys.length > 1 ? 's' : ''} ${keys.join(' and ')}`);
  }

  #node(node: OptionNode, found: unknown, path: Path): unknown {
    if (node.kind === 'option') return this.#option(node, found, path);
    if (node.kind === 'sections') return this.#sections(node, found ?? [], path);
    return (found ?? undefined) === undefined && node.isOptional
      ? undefined
      : this.section(node, found, path);
  }

  #sections(sections: Sections, found: unknown, path: Path): AnyValues[] {
    if (!Array.isArray(found)) {
      this.#refuse(path, 'a list');
      return [];
    }
    const readable: AnyValues[] = [];
    return found.map((item, index) => {
      const before = this.#unreadable;
      const values = this.#map(sections.shape, item ?? {}, [...path, index]);
      if (this.#unreadable > before) return values;
      this.#object([...path, index], sections.check(values, readable));
      readable.push(values);
      return values;
    });
  }

  /** An option with an older key gets its default only when that key is missing as well. */
  #option(option: Option<unknown>, found: unknown, path: Path): unknown {
    if (found === undefined || found === null)
      return option.olderKey === undefined ? option.default : undefined;
    try {
      const value = option.read(found);
      if (value === undefined) this.#refuse(path, option.value);
      return value;
    } catch (error) {
      if (error instanceof ItemFault) {
        for (const key of error.keys) this.#refuse([...path, key], error.expected);
      } else if (error instanceof TypeError) {
        this.#refuse(path, error.message);
      } else throw error;
      return undefined;
    }
  }

  #refuse(path: Path, expected: string): void {
    this.#unreadable++;
    this.problems.push({ path, expected });
  }

  #object(path: Path, objection: Objection | undefined): void {
    if (typeof objection === 'string') this.problems.push({ path, expected: objection });
    else if (objection !== undefined) {
      this.problems.push({ path: [...path, objection.key], expected: objection.expected });
    }
  }
}

/** Gives missing options the values of their older keys, or else their defaults. */
function fillIn(section: Section, values: AnyValues, root: AnyValues): void {
  for (const [key, node] of Object.entries(section.shape)) {
    const value = values[key];
    if (node.kind === 'section' && value !== undefined) fillIn(node, value as AnyValues, root);
    if (node.kind !== 'option' || node.olderKey === undefined || value !== undefined) continue;
    values[key] = root[node.olderKey] ?? node.default;
  }
}
