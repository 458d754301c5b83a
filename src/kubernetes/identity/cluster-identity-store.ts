import { WeirError } from '../../runtime/index.ts';
import {
  type KubernetesClient,
  type KubernetesObject,
  type ResourceAddress,
  resourceKinds,
} from '../client/index.ts';
import {
  earlierOwnLabel,
  type IdentityData,
  type IdentityObject,
  type IdentityRole,
  type IdentityStore,
  identityObjects,
  objectText,
  ownLabel,
} from './identity-store.ts';

/** What of the client is needed. */
export type ObjectClient = Pick<KubernetesClient, 'get' | 'create' | 'update'>;

/** Calls back when one object may have changed, until the result is called. */
export type ObjectWatch = (address: ResourceAddress, changed: () => void) => () => void;

/** A request with its repetitions: an agent that connects waits for two of them. */
const CALL = { timeLimitMs: 8_000, maxOctets: 3_145_728 } as const;

/** The objects as the API server of a cluster keeps them. */
export class ClusterIdentityStore implements IdentityStore {
  readonly namespace: string;
  readonly #client: ObjectClient;
  readonly #watch: ObjectWatch;

  constructor(namespace: string, client: ObjectClient, watch: ObjectWatch) {
    this.namespace = namespace;
    this.#client = client;
    this.#watch = watch;
  }

  async read(role: IdentityRole): Promise<IdentityObject | undefined> {
    try {
      return objectOf(role, await this.#client.get(this.#addressOf(role), CALL));
    } catch (error) {
      if (isRefusal(error, 'WEIR_KUBERNETES_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  async write(role: IdentityRole, data: IdentityData, earlier: IdentityObject | undefined): Promise<boolean> {
    const address = this.#addressOf(role);
    const object = this.#writtenObject(role, data, earlier?.origin as KubernetesObject | undefined);
    try {
      if (earlier === undefined) await this.#client.create(address, object, CALL);
      else await this.#client.update(address, object, CALL);
      return true;
    } catch (error) {
      // Deleted, or changed, or made meanwhile.
      if (isRefusal(error, 'WEIR_KUBERNETES_CONFLICT')) return false;
      if (earlier !== undefined && isRefusal(error, 'WEIR_KUBERNETES_NOT_FOUND')) return false;
      if (earlier === undefined && isRefusal(error, 'WEIR_KUBERNETES_FORBIDDEN'))
        throw this.#missingObject(role, error);
      throw error;
    }
  }

  #missingObject(role: IdentityRole, cause: unknown): WeirError {
    const { kind, name } = identityObjects[role];
    const words = kind === 'Secret' ? `secret generic ${name}` : `configmap ${name}`;
    const text = `there is no ${objectText(role, this.namespace)}, and this process may not create it: apply the manifests again, which bring it empty, or run "kubectl -n ${this.namespace} create ${words}"`;
    return new WeirError('WEIR_IDENTITY_MISSING', text, { cause });
  }

  watch(roles: readonly IdentityRole[], changed: () => void): () => void {
    const ends = roles.map((role) => this.#watch(this.#addressOf(role), changed));
    return () => {
      for (const end of ends) end();
    };
  }

  #addressOf(role: IdentityRole): ResourceAddress & { readonly name: string } {
    const { kind, name } = identityObjects[role];
    const resource = kind === 'Secret' ? resourceKinds.secrets : resourceKinds.configMaps;
    return { kind: resource, namespace: this.namespace, name };
  }

  /** Labels and annotations of others stay. */
  #writtenObject(role: IdentityRole, data: IdentityData, earlier: KubernetesObject | undefined) {
    const { kind, name } = identityObjects[role];
    const { labels, annotations, resourceVersion } = earlier?.metadata ?? {};
    return {
      apiVersion: 'v1',
      kind,
      metadata: {
        name,
        namespace: this.namespace,
        labels: { ...labels, [ownLabel.key]: ownLabel.value },
        ...(annotations && { annotations }),
        ...(resourceVersion && { resourceVersion }),
      },
      // The type of a Secret cannot change.
      ...(kind === 'Secret' && { type: earlier?.type ?? 'kubernetes.io/tls' }),
      data: kind === 'Secret' ? mapTexts(data, (text) => Buffer.from(text).toString('base64')) : data,
    };
  }
}

function objectOf(role: IdentityRole, object: KubernetesObject): IdentityObject {
  const isSecret = identityObjects[role].kind === 'Secret';
  const texts = textsOf(object.data);
  return {
    data: isSecret ? mapTexts(texts, (text) => Buffer.from(text, 'base64').toString('utf8')) : texts,
    isOwn: isLabelled(object) || Object.keys(texts).length === 0,
    writtenMs: writtenMsOf(object),
    origin: object,
  };
}

const isLabelled = ({ metadata: { labels } }: KubernetesObject): boolean =>
  [ownLabel, earlierOwnLabel].some(({ key, value }) => labels?.[key] === value);

/** The latest time that the API server noted for a writer. */
function writtenMsOf({ metadata: { managedFields } }: KubernetesObject): number | undefined {
  const list: readonly unknown[] = Array.isArray(managedFields) ? managedFields : [];
  const times = list.map((entry) => Date.parse(String((entry as { time?: unknown } | null)?.time)));
  const known = times.filter((time) => !Number.isNaN(time));
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Without empty ones: a Secret of the type kubernetes.io/tls cannot be emptied but by empty texts. */
function textsOf(data: unknown): IdentityData {
  if (typeof data !== 'object' || data === null) return {};
  const texts = Object.entries(data).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
  );
  return Object.fromEntries(texts);
}

const mapTexts = (data: IdentityData, change: (text: string) => string): IdentityData =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, change(text)]));

const isRefusal = (error: unknown, code: string): boolean =>
  error instanceof WeirError && error.code === code;
