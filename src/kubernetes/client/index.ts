/**
 * The way to the API server: requests with credentials, and reflectors, which follow all objects of a kind.
 * Knows nothing of flows.
 */
export type { ClusterAccess, ClusterCredentials } from './cluster-access.ts';
export { InClusterAccess } from './in-cluster-access.ts';
export { kubeconfigPaths } from './kubeconfig.ts';
export { KubeconfigAccess } from './kubeconfig-access.ts';
export { type CallOptions, KubernetesClient, type ServerVersion } from './kubernetes-client.ts';
export { KubernetesError, type ServerStatus } from './kubernetes-error.ts';
export {
  isKubernetesObject,
  type KubernetesObject,
  type ObjectMetadata,
  type OwnerReference,
} from './kubernetes-object.ts';
export type { ObjectBound } from './object-room.ts';
export type { ReflectedKind } from './reflected-kind.ts';
export { Reflector, type ReflectorParts, type ReflectorState } from './reflector.ts';
export type { ReflectorHandler } from './reflector-handler.ts';
export type { KubernetesClientParts } from './request-sender.ts';
export { type ResourceAddress, type ResourceKind, resourceKinds, resourceName } from './resource.ts';
