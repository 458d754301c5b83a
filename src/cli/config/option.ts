import { z } from 'zod';
import { parseDuration } from '../../runtime/index.ts';

/** What the reference page says of an option; an error's "expected" uses the same words. */
export interface OptionText {
  readonly description: string;
  /** What a value looks like, as a noun: 'a duration of at least 1s, like "5s"'. */
  readonly value: string;
  /** The default as it would be written; left out when there is none. */
  readonly default?: string;
  /** All values, where these are names: one of them is proposed for an unknown one. */
  readonly names?: readonly string[];
  /** What a path is for. */
  readonly pathUse?: PathUse;
  /** Whether `$` has a meaning of its own, so that it begins no variable. */
  readonly isPattern?: boolean;
}

/** A file to read, one with PEM, HTTP headers or a bearer token, one that only has to be there, one to append to, or a directory to make. */
export type PathUse = 'read' | 'pem' | 'headers' | 'token' | 'open' | 'append' | 'make';

type Option<T> = z.ZodType<T> & { readonly optionText?: OptionText };

/** The words of an option, for whoever documents it; undefined for a section. */
export const textOf = (schema: z.ZodType): OptionText | undefined =>
  (schema.meta() as { option?: OptionText } | undefined)?.option;

/** The options of a section by key, in their order; undefined for an option. */
export const shapeOf = (schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined =>
  (schema.meta() as { shape?: Record<string, z.ZodType> } | undefined)?.shape;

/** The keys by the names that they have elsewhere, where people may know them from. */
export const otherNamesOf = (schema: z.ZodType): Readonly<Record<string, string>> =>
  (schema.meta() as { otherNames?: Record<string, string> } | undefined)?.otherNames ?? {};

/** The section or option at a path of keys, with numbers for items of a list; undefined when there is none. */
export function schemaAt(root: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  let schema: z.ZodType | undefined = present(root);
  for (const key of path) {
    if (schema === undefined) return undefined;
    if (typeof key === 'number' && isList(schema)) continue;
    const inner: z.ZodType | undefined = shapeOf(schema)?.[String(key)];
    schema = inner === undefined ? undefined : present(inner);
  }
  return schema;
}

/** A section that may be left out, as if it were there. */
export const present = (schema: z.ZodType): z.ZodType =>
  schema.meta() === undefined ? ((schema as { unwrap?: () => z.ZodType }).unwrap?.() ?? schema) : schema;

/** One sentence of a section. */
export const descriptionOf = (schema: z.ZodType): string => schema.meta()?.description ?? '';

/**
 * An option that may be left out, or be there without a value, which is the same.
 * @param read the value of what was found; undefined, or a message of its own thrown as a TypeError, when it is none
 */
export function option<T>(text: OptionText, read: (found: unknown) => T | undefined): Option<T | undefined> {
  return z
    .unknown()
    .optional()
    .transform((found, context): T | undefined => {
      if (found === undefined || found === null) return undefined;
      const [value, expected] = attempt(() => read(found));
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: expected ?? text.value });
      return z.NEVER;
    })
    .meta({ option: text });
}

function attempt<T>(read: () => T | undefined): [value: T | undefined, expected?: string] {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof TypeError) return [undefined, error.message];
    throw error;
  }
}

type Shape = Record<string, z.ZodType>;
type Values<S extends Shape> = { -readonly [K in keyof S]: z.output<S[K]> };

/** What is wrong with a section as a whole, or with one of its keys. */
export type Objection = string | { readonly key: string; readonly expected: string };

function object(context: z.RefinementCtx, path: (string | number)[], objection: Objection | undefined): void {
  if (typeof objection === 'string') context.addIssue({ code: 'custom', message: objection, path });
  else if (objection !== undefined) {
    context.addIssue({ code: 'custom', message: objection.expected, path: [...path, objection.key] });
  }
}

/**
 * A map of known keys. One without a value, as in a sample whose options are all comments, is empty.
 * @param check what is wrong with a map whose options are right one by one
 * @param otherNames its keys by the names that they have elsewhere
 */
export function section<S extends Shape>(
  description: string,
  shape: S,
  check: (values: Values<S>) => Objection | undefined = () => undefined,
  otherNames: Readonly<Record<string, keyof S & string>> = {},
): z.ZodType<Values<S>> {
  const known = `one of the keys ${Object.keys(shape).join(', ')}`;
  const map = z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined),
  });
  return z
    .unknown()
    .optional()
    .transform((found) => found ?? {})
    .pipe(map)
    .superRefine((values, context) => {
      object(context, [], check(values as Values<S>));
    })
    .meta({ description, shape, otherNames }) as unknown as z.ZodType<Values<S>>;
}

/**
 * A list of sections.
 * @param check what is wrong with an item whose options are right one by one; `earlier` are those before it
 */
export function sections<S extends Shape>(
  description: string,
  shape: S,
  check: (values: Values<S>, earlier: readonly Values<S>[]) => Objection | undefined = () => undefined,
): z.ZodType<Values<S>[]> {
  const items = z.array(section(description, shape)).superRefine((all, context) => {
    for (const [i, values] of all.entries()) {
      object(context, [i], check(values, all.slice(0, i)));
    }
  });
  return z
    .unknown()
    .optional()
    .transform((found) => found ?? [])
    .pipe(items)
    .meta({ description, shape, list: true }) as unknown as z.ZodType<Values<S>[]>;
}

export const isList = (schema: z.ZodType): boolean => schema.meta()?.list === true;

type Text = Omit<OptionText, 'value'>;

export const flag = (text: Text) =>
  option({ ...text, value: 'true or false' }, (found) => (typeof found === 'boolean' ? found : undefined));

export const text = (what: OptionText) =>
  option(what, (found) => (typeof found === 'string' && found !== '' ? found : undefined));

/** A path; `weir config check` tries whether it can be used. */
export const path = (pathUse: PathUse, what: OptionText) => text({ ...what, pathUse });

/** A text that may be empty, which is the same as not given. */
export const textOrNone = (what: Text) =>
  option({ ...what, value: 'text' }, (found) => (typeof found === 'string' ? found : undefined));

export const choice = <const C extends string>(choices: readonly C[], what: Text) =>
  option({ ...what, value: `one of ${choices.join(', ')}`, names: choices }, (found) =>
    choices.find((known) => known.toLowerCase() === String(found).toLowerCase()),
  );

export const integer = (least: number, most: number, what: Text) =>
  option({ ...what, value: `a whole number from ${least} to ${most}` }, (found) =>
    typeof found === 'number' && Number.isInteger(found) && found >= least && found <= most
      ? found
      : undefined,
  );

/** Milliseconds of a duration as Go writes it. */
export const duration = (least: string, what: Text) =>
  option({ ...what, value: `a duration of at least ${least}, such as "5s" or "1m30s"` }, (found) => {
    const durationMs = typeof found === 'string' ? parseDuration(found) : undefined;
    return durationMs !== undefined && durationMs >= parseDuration(least)! ? durationMs : undefined;
  });

/** A list of values, or one value alone. */
export const list = <T>(what: OptionText, read: (found: unknown) => T | undefined) =>
  option(what, (found): T[] | undefined => {
    const values = (Array.isArray(found) ? found : [found]).map(read);
    return values.includes(undefined) ? undefined : (values as T[]);
  });

/** A list of known names, or one alone. */
export const listOfNames = <N extends string>(names: readonly N[], what: OptionText) =>
  list({ ...what, names }, (found) => names.find((name) => name === found));

/** A map whose keys are names that the reader gives. What is wrong with a value is told at its key. */
export function mapOf<T>(
  what: OptionText,
  expected: string,
  read: (found: unknown, key: string) => T | undefined,
) {
  return z
    .unknown()
    .optional()
    .transform((found, context): Record<string, T> | undefined => {
      if (found === undefined || found === null) return undefined;
      if (typeof found !== 'object' || Array.isArray(found)) {
        context.addIssue({ code: 'custom', message: what.value });
        return z.NEVER;
      }
      return Object.fromEntries(
        Object.entries(found).flatMap(([key, inner]) => {
          const value = read(inner, key);
          if (value !== undefined) return [[key, value] as const];
          context.addIssue({ code: 'custom', message: expected, path: [key] });
          return [];
        }),
      );
    })
    .meta({ option: what });
}
