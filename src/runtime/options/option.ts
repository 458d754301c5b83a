/** What every option states about itself. */
export interface OptionText<T> {
  /** One sentence, without a capital and a full stop. */
  readonly description: string;
  /** The value when the file has none, in the unit of the component. */
  readonly default?: T;
  /** Where the value comes from when the file has none and no constant can state it: "the host's name". */
  readonly derived?: string;
  /** An older key, from the root of the file; its value counts when this key is missing. */
  readonly olderKey?: string;
}

/** What an option states when its values are of its own kind. */
export interface OwnKind<T> extends OptionText<T> {
  /**
   * What a value looks like, as a noun: 'a duration of at least 1s, such as "5s"'. Errors say they expected
   * it.
   */
  readonly value: string;
  /** All values, when these are names. An error proposes the nearest one for an unknown name. */
  readonly names?: readonly string[];
  /** What Weir does with the path. */
  readonly pathUse?: PathUse;
  /** Whether `$` has its own meaning in values, so that it starts no variable. */
  readonly isPattern?: boolean;
  /** The JSON schema of a value; anything when undefined. */
  readonly json?: JsonSchema;
  /** Writes a value in YAML; when undefined, the value is written as JavaScript prints it. */
  readonly write?: (value: T) => string;
}

/**
 * The use of a path: read a file (any, PEM, HTTP headers, a bearer token), open a file, append to one, or
 * make a directory.
 */
export type PathUse = 'read' | 'pem' | 'headers' | 'token' | 'open' | 'append' | 'make';

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * One option: pure data, and how its value is read and written. `V` is what the component gets. It includes
 * undefined only when there is no default.
 */
export interface Option<V> {
  readonly kind: 'option';
  readonly description: string;
  readonly value: string;
  readonly default: V;
  readonly derived: string | undefined;
  readonly olderKey: string | undefined;
  /** Whether a section without this option is refused. */
  readonly isRequired: boolean;
  readonly names: readonly string[] | undefined;
  readonly pathUse: PathUse | undefined;
  readonly isPattern: boolean;
  readonly json: JsonSchema;
  /** The default as YAML; undefined when there is none. */
  readonly defaultText: string | undefined;
  /**
   * The value that was found; undefined when it is not valid.
   * @throws {TypeError} with what was expected, when that is more specific than `value`
   * @throws {ItemFault} when an item of a map is wrong
   */
  read(found: unknown): NonNullable<V> | undefined;
  /** A value as YAML. */
  write(value: NonNullable<V>): string;
}

/** Wrong items of a map. */
export class ItemFault extends Error {
  readonly keys: readonly string[];
  readonly expected: string;

  constructor(keys: readonly string[], expected: string) {
    super(`${keys.join(', ')}: expected ${expected}`);
    this.keys = keys;
    this.expected = expected;
  }
}

/** The option of a component, in a file that also accepts an older key for it. */
export const withOlderKey = <V>(inner: Option<V>, olderKey: string): Option<V> => ({ ...inner, olderKey });

/** An older key in the same file; `key` is the path of the option that has the default. */
export const asOlderKey = <V>(inner: Option<V>, key: string): Option<V | undefined> => ({
  ...(inner as Option<V | undefined>),
  description: `older key of ${key}`,
  default: undefined,
  defaultText: undefined,
  derived: undefined,
  olderKey: undefined,
});

/** An option without which its section is refused: an item of a list, or a section that may be left out. */
export const requiredOption = <V>(inner: Option<V>): Option<NonNullable<V>> => ({
  ...(inner as Option<NonNullable<V>>),
  isRequired: true,
});

/** An option whose default comes from elsewhere in this file. */
export const withoutDefault = <V>(
  inner: Option<V>,
  text: { readonly description?: string; readonly derived: string },
): Option<V | undefined> => ({
  ...(inner as Option<V | undefined>),
  default: undefined,
  defaultText: undefined,
  ...text,
});

/** Never undefined when the option has a default. */
export type ValueOf<T, W> = W extends { readonly default: unknown } ? T : T | undefined;

/** An option with its own kind of values. A value of null counts as missing. */
export function customOption<T, W extends OwnKind<T>>(
  what: W & OwnKind<T>,
  read: (found: unknown) => T | undefined,
): Option<ValueOf<T, W>> {
  const write = what.write ?? String;
  return {
    kind: 'option',
    description: what.description,
    value: what.value,
    default: what.default as ValueOf<T, W>,
    derived: what.derived,
    olderKey: what.olderKey,
    isRequired: false,
    names: what.names,
    pathUse: what.pathUse,
    isPattern: what.isPattern === true,
    json: what.json ?? {},
    defaultText: what.default === undefined ? undefined : write(what.default),
    read: read as Option<ValueOf<T, W>>['read'],
    write: write as Option<ValueOf<T, W>>['write'],
  };
}
