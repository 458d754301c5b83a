import { linkTo } from '../address/index.ts';
import { changedFilter } from '../filter/index.ts';
import type { MapEdge } from './map-graph.ts';

const withoutMap = { of: undefined, open: undefined, around: undefined, edges: undefined } as const;

/** The flows of an edge in Explore, or one by one. */
export const edgeLink = (edge: MapEdge, where: string, page: 'explore' | 'flows'): string =>
  linkTo({
    ...withoutMap,
    page,
    where: changedFilter(where, { tests: edge.tests, isEither: false }, false),
  });
