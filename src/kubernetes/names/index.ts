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
export type { KnownPod } from './known-pod.ts';
export {
  KubernetesEnricher,
  type KubernetesEnricherOptions,
} from './kubernetes-enricher.ts';
export { expectWhole, listIn, objectIn, textIn, timeIn } from './object-reader.ts';
export type { ObjectStore } from './object-store.ts';
export {
  type AggregatorKubernetesSettings,
  agentKubernetesOptions,
  aggregatorKubernetesOptions,
  type Following,
  type KubernetesSettings,
} from './options.ts';
export { terminatingTime } from './pod-object.ts';
export { StoreFeeder } from './store-feeder.ts';
