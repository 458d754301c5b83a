import type { AddressParameters } from '../address/index.ts';
import type { BoxValue } from './map-graph.ts';
import { type MapLevelName, mapLevelNames } from './map-level.ts';

/** What the map shows, apart from time and filter. */
export interface MapView {
  /** Undefined lets the records decide: namespaces where there are some, else prefixes. */
  readonly level: MapLevelName | undefined;
  /** The group that is open. */
  readonly open: { readonly group: BoxValue } | undefined;
  /** Only the edges of this box. */
  readonly around: { readonly value: BoxValue } | undefined;
  /** Edges that are drawn because they are the busiest ones. */
  readonly busiest: number;
}

export const busiestChoices = [50, 100, 300, 1_000] as const;
const DEFAULT_BUSIEST = 100;

export function readMapView(parameters: AddressParameters): MapView {
  const open = readValue(parameters.get('open'));
  const around = readValue(parameters.get('around'));
  const busiest = Number(parameters.get('edges'));
  return {
    level: mapLevelNames.find((name) => name === parameters.get('of')),
    open: open && { group: open.value },
    around,
    busiest: busiestChoices.find((one) => one === busiest) ?? DEFAULT_BUSIEST,
  };
}

/** As JSON, since a group without a name is not one whose name is "null". */
export const printValue = (value: BoxValue): string => JSON.stringify(value);

function readValue(text: string | undefined): { value: BoxValue } | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' || value === null ? { value } : undefined;
  } catch {
    return undefined;
  }
}
