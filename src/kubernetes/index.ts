/** Kubernetes: the way to the API server, and what objects say about flows. */
export {
  type KubernetesObject,
  type ObjectMetadata,
  type OwnerReference,
  type ReflectorHandler,
  type ResourceAddress,
  type ResourceKind,
  resourceKinds,
} from './client/index.ts';
