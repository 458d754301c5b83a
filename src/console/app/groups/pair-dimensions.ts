import type { DimensionName } from '../../../flow/index.ts';
import type { QueryAnswer } from '../../../query/contract/index.ts';

/* Who talks with whom: workloads where there are some, else addresses. */

export const workloadPair = ['sourceWorkload', 'destinationWorkload'] as const satisfies DimensionName[];
export const endPair = ['source', 'destination'] as const satisfies DimensionName[];
export type PairDimensions = typeof workloadPair | typeof endPair;

/** Names of workloads have a namespace. Without any, there is no Kubernetes. */
export const hasWorkloads = ({ groups }: QueryAnswer): boolean =>
  groups.some(({ key }) => key.some((value) => value?.includes('/')));
