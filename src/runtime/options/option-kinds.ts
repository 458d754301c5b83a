import { parseDuration } from '../duration.ts';
import {
  customOption,
  ItemFault,
  type Option,
  type OptionText,
  type OwnKind,
  type ValueOf,
} from './option.ts';

/*
 * The kinds of options that many components share. The type checks each default, and so does a test: each
 * must read back as it is written.
 */

export const flagOption = <const W extends OptionText<boolean>>(what: W): Option<ValueOf<boolean, W>> =>
  customOption<boolean, W & OwnKind<boolean>>(
    { ...what, value: 'true or false', json: { type: 'boolean' } },
    (found) => (typeof found === 'boolean' ? found : undefined),
  );

export const textOption = <const W extends OwnKind<string>>(what: W): Option<ValueOf<string, W>> =>
  customOption<string, W & OwnKind<string>>({ json: { type: 'string', minLength: 1 }, ...what }, (found) =>
    typeof found === 'string' && found !== '' ? found : undefined,
  );

/** A path; `weir config check` tests whether it can be used. */
export const pathOption = <const W extends OwnKind<string>>(
  pathUse: NonNullable<OwnKind<string>['pathUse']>,
  what: W,
): Option<ValueOf<string, W>> => textOption({ ...what, pathUse });

/** A text that may be empty. */
export const textOrNoneOption = <const W extends OptionText<string>>(what: W): Option<ValueOf<string, W>> =>
  customOption<string, W & OwnKind<string>>(
    { ...what, value: 'text', json: { type: 'string' }, write: writeText },
    (found) => (typeof found === 'string' ? found : undefined),
  );

const writeText = (value: string): string => (value === '' ? '""' : value);

/** One of several names, in any case. */
export const choiceOption = <const C extends string, const W extends OptionText<NoInfer<C>>>(
  choices: readonly C[],
  what: W,
): Option<ValueOf<C, W>> =>
  customOption<C, W & OwnKind<C>>(
    { ...what, value: `one of ${choices.join(', ')}`, names: choices, json: namesInAnyCase(choices) },
    (found) => choices.find((known) => known.toLowerCase() === String(found).toLowerCase()),
  );

/** Editors propose the names as they are; a pattern accepts them in other cases. */
const namesInAnyCase = (names: readonly string[]) => ({
  anyOf: [{ enum: names }, { type: 'string', pattern: `^(${names.map(inAnyCase).join('|')})$` }],
});

export const inAnyCase = (name: string): string =>
  name.replace(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);

export const integerOption = <const W extends OptionText<number>>(
  least: number,
  most: number,
  what: W,
): Option<ValueOf<number, W>> =>
  customOption<number, W & OwnKind<number>>(
    {
      ...what,
      value: `a whole number from ${least} to ${most}`,
      json: { type: 'integer', minimum: least, maximum: most },
    },
    (found) => (isIntegerWithin(found, least, most) ? found : undefined),
  );

export const isIntegerWithin = (found: unknown, least: number, most: number): found is number =>
  typeof found === 'number' && Number.isInteger(found) && found >= least && found <= most;

const MEBI = 1_048_576;

/** Octets; a file gives them in mebioctets. */
export const megabytesOption = <const W extends OptionText<number>>(
  most: number,
  what: W,
): Option<ValueOf<number, W>> => inUnit(MEBI, most, what);

/** Octets; a file gives them in kibioctets. */
export const kilobytesOption = <const W extends OptionText<number>>(
  most: number,
  what: W,
): Option<ValueOf<number, W>> => inUnit(1024, most, what);

const inUnit = <const W extends OptionText<number>>(octets: number, most: number, what: W) =>
  customOption<number, W & OwnKind<number>>(
    {
      ...what,
      value: `a whole number from 1 to ${most}`,
      json: { type: 'integer', minimum: 1, maximum: most },
      write: (value) => String(value / octets),
    },
    (found) => (isIntegerWithin(found, 1, most) ? found * octets : undefined),
  );

/** What a timer of Node can wait for: nearly 25 days. Components with a `Clock` need no such bound. */
const LONGEST_TIMER = '596h';

/** Milliseconds of a timer that is not of a `Clock`, such as that of a library. */
export const timerOption = <const W extends OptionText<number>>(
  least: string,
  what: W,
): Option<ValueOf<number, W>> => durationWithin(least, LONGEST_TIMER, what);

/** Milliseconds; a file gives a duration in Go's notation. */
export const durationOption = <const W extends OptionText<number>>(
  least: string,
  what: W,
): Option<ValueOf<number, W>> => durationWithin(least, undefined, what);

const durationWithin = <const W extends OptionText<number>>(
  least: string,
  most: string | undefined,
  what: W,
): Option<ValueOf<number, W>> =>
  customOption<number, W & OwnKind<number>>(
    {
      ...what,
      value: `a duration ${most === undefined ? `of at least ${least}` : `from ${least} to ${most}`}, such as "5s" or "1m30s"`,
      json: { type: 'string', pattern: '^(0|([0-9]*\\.?[0-9]+(ns|us|µs|μs|ms|s|m|h))+)$' },
      write: formatDuration,
    },
    (found) => {
      const durationMs = typeof found === 'string' ? parseDuration(found) : undefined;
      if (durationMs === undefined || durationMs < parseDuration(least)!) return undefined;
      return most !== undefined && durationMs > parseDuration(most)! ? undefined : durationMs;
    },
  );

/** Formats 250ms, 90s, 10m, 1h: hours and tens of minutes only when they are whole. */
export function formatDuration(durationMs: number): string {
  if (durationMs >= 3_600_000 && durationMs % 3_600_000 === 0) return `${durationMs / 3_600_000}h`;
  if (durationMs >= 600_000 && durationMs % 60_000 === 0) return `${durationMs / 60_000}m`;
  return durationMs % 1_000 === 0 ? `${durationMs / 1_000}s` : `${durationMs}ms`;
}

/** A list describes itself: its text is that of the whole, its JSON schema that of an item. */
type OfList<T> = Omit<OwnKind<readonly T[]>, 'write'>;

/** A list of values, or a single value. */
export const listOption = <T, const W extends OfList<NoInfer<T>>>(
  what: W & OfList<NoInfer<T>>,
  read: (found: unknown) => T | undefined,
): Option<ValueOf<readonly T[], W>> => {
  const item = what.json ?? {};
  return customOption<readonly T[], W & OwnKind<readonly T[]>>(
    {
      ...what,
      json: { anyOf: [{ type: 'array', items: item }, item] },
      write: (values: readonly T[]) => `[${values.join(', ')}]`,
    },
    (found) => {
      const values = (Array.isArray(found) ? found : [found]).map(read);
      return values.includes(undefined) ? undefined : (values as T[]);
    },
  );
};

/** A list of known names, or a single name. */
export const nameListOption = <const N extends string, const W extends OfList<NoInfer<N>>>(
  names: readonly N[],
  what: W & OfList<NoInfer<N>>,
): Option<ValueOf<readonly N[], W>> =>
  listOption<N, W>({ json: { enum: names }, ...what, names } as W & OfList<N>, (found) =>
    names.find((name) => name === found),
  );

/** A map describes itself: its JSON schema is that of an item. */
type OfMap<T> = Omit<OwnKind<Readonly<Record<string, T>>>, 'write'>;

/** A map whose keys the user chooses. A wrong item is reported at its key. */
export const mapOption = <T, const W extends OfMap<NoInfer<T>>>(
  what: W & OfMap<NoInfer<T>>,
  expected: string,
  read: (found: unknown, key: string) => T | undefined,
): Option<ValueOf<Readonly<Record<string, T>>, W>> =>
  customOption<Readonly<Record<string, T>>, W & OwnKind<Readonly<Record<string, T>>>>(
    {
      ...what,
      json: { type: 'object', additionalProperties: what.json ?? {} },
      write: (values: Readonly<Record<string, T>>) => {
        const items = Object.entries(values).map(([key, value]) => `${key}: ${value}`);
        return items.length === 0 ? '{}' : `{ ${items.join(', ')} }`;
      },
    },
    (found) => {
      if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined;
      const items = Object.entries(found).map(([key, inner]) => [key, read(inner, key)] as const);
      const wrong = items.filter(([, value]) => value === undefined).map(([key]) => key);
      if (wrong.length > 0) throw new ItemFault(wrong, expected);
      return Object.fromEntries(items) as Record<string, T>;
    },
  );
