import type { DimensionName } from '../../../flow/index.ts';

/** What the boxes of the map are, and what is inside of one. */
export interface MapLevel {
  readonly title: string;
  /** What records without a value are, in words. */
  readonly none: string;
  /** Names of dimensions without their end. */
  readonly group: EndDimension;
  /** Undefined if boxes do not open. */
  readonly inner?: EndDimension;
}

export type EndDimension = 'Namespace' | 'Workload' | 'Node' | 'Zone' | 'Range' | 'Prefix' | 'Address';

export const mapLevels = {
  namespaces: { title: 'Namespaces', none: 'outside all namespaces', group: 'Namespace', inner: 'Workload' },
  workloads: { title: 'Workloads', none: 'no workload', group: 'Workload' },
  nodes: { title: 'Nodes', none: 'outside all nodes', group: 'Node', inner: 'Workload' },
  zones: { title: 'Zones', none: 'outside all zones', group: 'Zone', inner: 'Node' },
  ranges: { title: 'Address ranges', none: 'outside all ranges', group: 'Range', inner: 'Address' },
  prefixes: { title: 'Prefixes', none: 'no address', group: 'Prefix', inner: 'Address' },
  hosts: { title: 'Hosts', none: 'no address', group: 'Address' },
} as const satisfies Record<string, MapLevel>;

export type MapLevelName = keyof typeof mapLevels;

export const mapLevelNames = Object.keys(mapLevels) as MapLevelName[];

export const sourceDimension = (dimension: EndDimension): DimensionName => `source${dimension}`;
export const destinationDimension = (dimension: EndDimension): DimensionName => `destination${dimension}`;

/** Source and destination, and what is inside of them. */
export function dimensionsOfLevel({ group, inner }: MapLevel, isInside: boolean): DimensionName[] {
  return (isInside && inner !== undefined ? [group, inner] : [group])
    .map(sourceDimension)
    .concat((isInside && inner !== undefined ? [group, inner] : [group]).map(destinationDimension));
}
