import type { KubernetesObject } from './kubernetes-object.ts';
import type { ObjectBound } from './object-room.ts';
import type { ResourceKind } from './resource.ts';

/** Which objects a reflector follows, and what is kept of them. */
export interface ReflectedKind<T> {
  readonly kind: ResourceKind;
  /** Default all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Asks for metadata alone, which is enough for owners. */
  readonly isMetadataOnly?: boolean;
  /**
   * Takes what is needed out of an object, before anything else is kept of it. May throw for what it cannot
   * read.
   */
  readonly slim: (object: KubernetesObject) => T;
  /** What is beyond it is left out and counted. Default no bound. */
  readonly bound?: ObjectBound<T>;
}

/** The selectors, as a query has them. */
export function selectorsOf({
  labelSelector,
  fieldSelector,
}: ReflectedKind<unknown>): Record<string, string> {
  return {
    ...(labelSelector !== undefined && { labelSelector }),
    ...(fieldSelector !== undefined && { fieldSelector }),
  };
}

/** The media types to ask for. */
export function acceptOf({ isMetadataOnly = false }: ReflectedKind<unknown>, verb: 'list' | 'watch'): string {
  const as = verb === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
  return isMetadataOnly
    ? `application/json;as=${as};g=meta.k8s.io;v=v1,application/json`
    : 'application/json';
}

/**
 * What tells two objects apart, also two of one name: only what is deleted and made again has another UID.
 */
export const identityOf = ({ metadata: { uid, namespace, name } }: KubernetesObject): string =>
  uid ?? `${namespace}/${name}`;
