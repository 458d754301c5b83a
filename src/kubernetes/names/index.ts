/**
 * Who owns an address at a time, and which Service is behind an address and port. Other parts ask; it asks
 * nobody, and goes by what reflectors tell its handlers.
 */
export {
  ClusterNames,
  type ClusterNamesOptions,
  type FollowedKind,
  type HeldObjects,
} from './cluster-names.ts';
export {
  KubernetesEnricher,
  type KubernetesEnricherOptions,
  type LookupCounts,
} from './kubernetes-enricher.ts';
export { labelsOfControllers } from './labels-text.ts';
