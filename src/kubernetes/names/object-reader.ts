/*
 * Reads values of an object from the API server. What is missing, too long or of another kind has no value:
 * an empty text, no list, no time.
 */

/** Names in Kubernetes have at most 253 characters. */
const MOST_NAME_CHARACTERS = 253;

export type ApiObject = Readonly<Record<string, unknown>>;

const empty: ApiObject = {};

export function objectIn(from: unknown, ...path: string[]): ApiObject {
  let value = from;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return isObject(value) ? value : empty;
}

/** @param most entries that are read; the rest is passed over */
export function listIn(from: unknown, key: string, most: number): readonly unknown[] {
  const value = objectIn(from)[key];
  if (!Array.isArray(value)) return [];
  return value.length > most ? value.slice(0, most) : value;
}

/** The same list, without the room that `filter` and `flatMap` leave for more: 17 places of 8 octets. */
export const withoutRoom = <T>(list: readonly T[]): readonly T[] => list.slice();

export function textIn(from: unknown, key: string, most = MOST_NAME_CHARACTERS): string {
  const value = objectIn(from)[key];
  return typeof value === 'string' && value.length <= most ? value : '';
}

/** Milliseconds since 1970 of a time in RFC 3339; NaN for none. */
export function timeIn(from: unknown, key: string): number {
  const text = textIn(from, key);
  return text === '' ? Number.NaN : Date.parse(text);
}

/** A number from 0 to 65535; 0 for none. */
export function portIn(from: unknown, key: string): number {
  const value = objectIn(from)[key];
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 0xffff ? value : 0;
}

const isObject = (value: unknown): value is ApiObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Who made an object. */
export interface Controller {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

const MOST_OWNERS = 16;

/** The owner that is the controller; without one, the first owner. */
export function controllerOf(object: unknown): Controller | undefined {
  const owners = listIn(objectIn(object, 'metadata'), 'ownerReferences', MOST_OWNERS);
  const owner = owners.find((each) => objectIn(each).controller === true) ?? owners[0];
  const [kind, name, uid] = [textIn(owner, 'kind'), textIn(owner, 'name'), textIn(owner, 'uid')];
  return kind === '' || name === '' || uid === '' ? undefined : { kind, name, uid };
}

/** @throws {TypeError} for an object without what identifies it, such as 'a UID and a name' */
export function expectWhole<T>(slimmed: T | undefined, identifiers: string): T {
  if (slimmed !== undefined) return slimmed;
  throw new TypeError(`expected an object with ${identifiers}`);
}
