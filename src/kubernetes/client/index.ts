/**
 * The way to the API server: requests with credentials, and reflectors, which follow all objects of a kind. Knows
 * nothing of flows.
 */
export type { KubernetesObject, ObjectMetadata, OwnerReference } from './kubernetes-object.ts';
export type { ReflectorHandler } from './reflector-handler.ts';
export { type ResourceAddress, type ResourceKind, resourceKinds } from './resource.ts';
