/** What every option says of itself. */
export interface OptionText<T> {
  /** One sentence, without its capital and its full stop. */
  readonly description: string;
  /** The value of an option that a file does not have, in the unit of the component. */
  readonly default?: T;
  /**
   * Where the value comes from when a file does not have it, and no constant can say it: "the host's name".
   */
  readonly derived?: string;
  /** The older key, from the root of the file, whose value counts where this one is not there. */
  readonly olderKey?: string;
}

/** What an option says whose values are of a kind of its own. */
export interface OwnKind<T> extends OptionText<T> {
  /**
   * What a value looks like, as a noun: 'a duration of at least 1s, such as "5s"'. Errors say that they
   * expected this.
   */
  readonly value: string;
  /** All values, where these are names: one of them is proposed for an unknown one. */
  readonly names?: readonly string[];
  /** What a path is for. */
  readonly pathUse?: PathUse;
  /** Whether `$` has a meaning of its own, so that it begins no variable. */
  readonly isPattern?: boolean;
  /** What a JSON schema says of a value; anything when it is left out. */
  readonly json?: JsonSchema;
  /** How a value is written in YAML; as it is printed when this is left out. */
  readonly write?: (value: T) => string;
}

/**
 * A file to read, one with PEM, HTTP headers or a bearer token, one that only has to be there, one to append
 * to, or a directory to make.
 */
export type PathUse = 'read' | 'pem' | 'headers' | 'token' | 'open' | 'append' | 'make';

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * One option: pure data, and how its value is read and written. `V` is what a component gets, undefined only
 * where there is no default.
 */
export interface Option<V> {
  readonly kind: 'option';
  readonly description: string;
  readonly value: string;
  readonly default: V;
  readonly derived: string | undefined;
  readonly olderKey: string | undefined;
  readonly names: readonly string[] | undefined;
  readonly pathUse: PathUse | undefined;
  readonly isPattern: boolean;
  readonly json: JsonSchema;
  /** The default as YAML; undefined when there is none. */
  readonly defaultText: string | undefined;
  /**
   * The value of what was found; undefined when it is none.
   * @throws {TypeError} with what was expected, where more can be said than `value` does
   * @throws {ItemFault} where one item of a map is wrong
   */
  read(found: unknown): NonNullable<V> | undefined;
  /** A value as YAML. */
  write(value: NonNullable<V>): string;
}

/** Items of a map that are wrong. */
export class ItemFault extends Error {
  readonly keys: readonly string[];
  readonly expected: string;

  constructor(keys: readonly string[], expected: string) {
    super(`${keys.join(', ')}: expected ${expected}`);
    this.keys = keys;
    this.expected = expected;
  }
}

/** An option of a component as a file has it that knows it by an older key, too. */
export const withOlderKey = <V>(inner: Option<V>, olderKey: string): Option<V> => ({ ...inner, olderKey });

/** Never undefined where the words of the option have a default. */
export type ValueOf<T, W> = W extends { readonly default: unknown } ? T : T | undefined;

/** An option whose values are of a kind of its own. One without a value is as if it were not there. */
export function option<T, W extends OwnKind<T>>(
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
    names: what.names,
    pathUse: what.pathUse,
    isPattern: what.isPattern === true,
    json: what.json ?? {},
    defaultText: what.default === undefined ? undefined : write(what.default),
    read: read as Option<ValueOf<T, W>>['read'],
    write: write as Option<ValueOf<T, W>>['write'],
  };
}
