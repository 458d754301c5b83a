/*
 * The three objects of a cluster that say who its aggregator and its agents are. Their names and keys are
 * those of the reference system, so its agents find them, too.
 */

export const identityObjects = {
  /** The authority with its key. Only aggregators read it. */
  authority: { kind: 'Secret', name: 'flow-aggregator-ca-tls' },
  /** The certificates that both ends trust. */
  bundle: { kind: 'ConfigMap', name: 'flow-aggregator-ca' },
  /** The certificate of all agents with its key. */
  client: { kind: 'Secret', name: 'flow-aggregator-client-tls' },
} as const;

export type IdentityRole = keyof typeof identityObjects;

/** The keys of these objects. */
export const dataKeys = {
  certificate: 'tls.crt',
  key: 'tls.key',
  authorities: 'ca.crt',
  nextCertificate: 'next.crt',
  nextKey: 'next.key',
  previous: 'previous.crt',
} as const;

/**
 * What Weir made has this label. It is no label of Kubernetes' own: Helm sets those of whatever it brings.
 */
export const ownLabel = { key: 'weir.dev/managed', value: 'true' } as const;
/** Its label in earlier versions. What has it gets the other one as soon as it is written. */
export const earlierOwnLabel = { key: 'app.kubernetes.io/managed-by', value: 'weir' } as const;

/** The texts of an object by key. */
export type IdentityData = Readonly<Record<string, string>>;

/** An object as it was read. */
export interface IdentityObject {
  readonly data: IdentityData;
  /**
   * Whether it is Weir's: it has the label of Weir, or nothing in it, as the manifests bring it. Others are
   * never written to.
   */
  readonly isOwn: boolean;
  /** When it was last written, by the API server's clock: milliseconds since 1970; undefined: unknown. */
  readonly writtenMs?: number | undefined;
  /** For the store: the version of the object, which changes with each write, and what else it has. */
  readonly origin: unknown;
}

/** The objects in the namespace of the aggregator. */
export interface IdentityStore {
  readonly namespace: string;
  /** Undefined when there is no such object. @throws when nobody answers */
  read(role: IdentityRole): Promise<IdentityObject | undefined>;
  /**
   * Writes an object, if it is still as it was read. @param earlier undefined: there was none
   * @returns whether it was written
   */
  write(role: IdentityRole, data: IdentityData, earlier: IdentityObject | undefined): Promise<boolean>;
  /** Calls back when one of the objects may have changed, until the result is called. */
  watch(roles: readonly IdentityRole[], changed: () => void): () => void;
}

/** For messages: "Secret flow-aggregator-ca-tls in namespace weir". */
export function objectText(role: IdentityRole, namespace: string): string {
  const { kind, name } = identityObjects[role];
  return `${kind} ${name} in namespace ${namespace}`;
}
