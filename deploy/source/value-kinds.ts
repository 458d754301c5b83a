import { customOption, type Option, type OptionText } from '../../src/runtime/index.ts';
import type { Plain, PlainMap } from './plain.ts';

/*
 * Kinds of values that only the chart has: parts of Kubernetes objects. Weir passes them on as they are; the
 * API server checks them.
 */

interface PartText<T> extends OptionText<T> {
  readonly default: T;
}

const asJson = (value: unknown): string => JSON.stringify(value);

/** A map, such as the resources of a container. */
export const mapPart = (what: PartText<PlainMap>): Option<PlainMap> => mapWith({}, what);

/** A map of texts, such as annotations. */
export const textMapPart = (what: PartText<PlainMap>): Option<PlainMap> =>
  mapWith({ additionalProperties: { type: 'string' } }, what);

/** Labels. Those by which Services and workloads find their Pods are not among them. */
export const labelsPart = (what: PartText<PlainMap>): Option<PlainMap> => {
  const own = '^app\\.kubernetes\\.io/(name|component|part-of)$';
  const limits = { propertyNames: { not: { pattern: own } }, additionalProperties: { type: 'string' } };
  return mapWith(limits, what);
};

const mapWith = (limits: Readonly<Record<string, unknown>>, what: PartText<PlainMap>) =>
  customOption<PlainMap, PartText<PlainMap> & { value: string; write: (value: PlainMap) => string }>(
    { ...what, value: 'a map', json: { type: 'object', ...limits }, write: asJson },
    (found) => (typeof found === 'object' && !Array.isArray(found) ? (found as PlainMap) : undefined),
  );

/** A list, such as tolerations. */
export const listPart = (what: PartText<readonly Plain[]>): Option<readonly Plain[]> =>
  customOption<
    readonly Plain[],
    PartText<readonly Plain[]> & { value: string; write: (value: readonly Plain[]) => string }
  >({ ...what, value: 'a list', json: { type: 'array' }, write: asJson }, (found) =>
    Array.isArray(found) ? found : undefined,
  );

/** A number, or a share of all such as "10%". */
export const sharePart = (what: PartText<number | string>): Option<number | string> =>
  customOption<number | string, PartText<number | string> & { value: string }>(
    {
      ...what,
      value: 'a whole number, or a share such as "10%"',
      json: {
        anyOf: [
          { type: 'integer', minimum: 0 },
          { type: 'string', pattern: '^[0-9]+%$' },
        ],
      },
    },
    (found) => (typeof found === 'number' || typeof found === 'string' ? found : undefined),
  );
