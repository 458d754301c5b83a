/**
 * Who owns an address at a time, and which Service is behind an address and port. Other parts ask; it asks
 * nobody, and goes by what reflectors tell its handlers.
 */
export { ClusterFollower, type FollowedState, isFollowed } from './cluster-follower.ts';
export {
  ClusterNames,
  type ClusterNamesOptions,
  type FollowedKind,
  type HeldObjects,
} from './cluster-names.ts';
export {
  KubernetesEnricher,
  type KubernetesEnricherOptions,
} from './kubernetes-enricher.ts';
export {
  type AggregatorKubernetesSettings,
  agentKubernetesOptions,
  aggregatorKubernetesOptions,
  type Following,
  type KubernetesSettings,
} from './options.ts';
