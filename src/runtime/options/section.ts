import type { Option } from './option.ts';

/** An option, or a group of them. */
export type OptionNode = Option<unknown> | Section | Sections;

/** An option of any value type, for code that does not use the value. */
// biome-ignore lint/suspicious/noExplicitAny: options of every value are assigned to it
type Any = any;

export type Shape = Readonly<
  Record<string, Option<Any> | Section<Any> | OptionalSection<Any> | Sections<Any>>
>;

/** The values of a shape after reading. */
export type Values<S extends Shape> = { readonly [K in keyof S]: Value<S[K]> };

type Value<N> =
  N extends Option<infer V>
    ? V
    : N extends OptionalSection<infer S extends Shape>
      ? Values<S> | undefined
      : N extends Section<infer S extends Shape>
        ? Values<S>
        : N extends Sections<infer S extends Shape>
          ? readonly Values<S>[]
          : never;

/** The values of a section. */
export type SectionValues<N> = N extends { readonly shape: infer S extends Shape } ? Values<S> : never;

/** What is wrong with a section as a whole, or with one of its keys. */
export type Objection = string | { readonly key: string; readonly expected: string };

/** A map of known keys. */
export interface Section<S extends Shape = Shape> {
  readonly kind: 'section';
  readonly description: string;
  readonly shape: S;
  /** Whether a missing section has no values, instead of its defaults. */
  readonly isOptional: boolean;
  /** Other names of its keys, which people may know. */
  readonly otherNames: Readonly<Record<string, string>>;
  /** What is wrong with values that are each valid. */
  check(values: Values<S>): Objection | undefined;
}

export interface OptionalSection<S extends Shape = Shape> extends Section<S> {
  readonly isOptional: true;
}

/** A list of maps. */
export interface Sections<S extends Shape = Shape> {
  readonly kind: 'sections';
  readonly description: string;
  readonly shape: S;
  /** What is wrong with an item that is valid by itself; `earlier` are the readable items before it. */
  check(values: Values<S>, earlier: readonly Values<S>[]): Objection | undefined;
}

/** A map of known keys. Null counts as empty, as in a sample whose options are all comments. */
export function optionSection<S extends Shape>(
  description: string,
  shape: S,
  check: (values: Values<S>) => Objection | undefined = () => undefined,
  otherNames: Readonly<Record<string, keyof S & string>> = {},
): Section<S> {
  return { kind: 'section', description, shape, isOptional: false, check, otherNames };
}

/** A section that has no values when it is missing. */
export const optionalSection = <S extends Shape>(inner: Section<S>): OptionalSection<S> => ({
  ...inner,
  isOptional: true,
});

/** A list of maps. */
export function optionSectionList<S extends Shape>(
  description: string,
  shape: S,
  check: (values: Values<S>, earlier: readonly Values<S>[]) => Objection | undefined = () => undefined,
): Sections<S> {
  return { kind: 'sections', description, shape, check };
}

/**
 * The section or option at a path of keys, with numbers for items of a list. Undefined when there is none.
 */
export function nodeAt(root: Section, path: readonly PropertyKey[]): OptionNode | undefined {
  let node: OptionNode | undefined = root;
  for (const key of path) {
    if (node === undefined || node.kind === 'option') return undefined;
    if (typeof key === 'number' && node.kind === 'sections') continue;
    node = Object.hasOwn(node.shape, key) ? node.shape[String(key)] : undefined;
  }
  return node;
}

/** The keys without which a section is refused. */
export const requiredKeysOf = (shape: Shape): string[] =>
  Object.keys(shape).filter((key) => {
    const node = shape[key]!;
    return node.kind === 'option' && node.isRequired;
  });

/** The values of options when a file sets none. */
export function defaultsOf<S extends Shape>(shape: S): Values<S> {
  const values = Object.entries(shape).map(([key, node]) => {
    if (node.kind === 'option') return [key, node.default];
    if (node.kind === 'sections') return [key, []];
    return [key, node.isOptional ? undefined : defaultsOf(node.shape)];
  });
  return Object.fromEntries(values) as Values<S>;
}
