import { fetchOverTls } from './https-request.ts';
import type { NetworkNamespace } from './namespace.ts';
import type { Answer } from './namespace-client.ts';

/** What the API server stores. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    [key: string]: unknown;
  };
  [part: string]: unknown;
}

/** Which API server, and from where it is asked. */
export interface ApiPlace {
  /** Without a slash at its end. */
  readonly url: string;
  /** The authority that signed the server's certificate, as PEM. */
  readonly ca: string;
  readonly namespace?: NetworkNamespace | undefined;
}

interface ResourceList {
  resources: { kind: string; name: string; namespaced: boolean }[];
}

/** The Kubernetes API as one user sees it: plain HTTPS, objects as JSON. */
export class KubernetesApi {
  readonly token: string;
  readonly #place: ApiPlace;
  /** What the server says of the kinds of each API version. */
  readonly #kinds = new Map<string, Promise<ResourceList>>();

  constructor(place: ApiPlace, token: string) {
    this.#place = place;
    this.token = token;
  }

  get url(): string {
    return this.#place.url;
  }

  /** Resolves with any answer; rejects when there is none. A body is sent as JSON of this media type. */
  send(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Answer> {
    const { url, ca, namespace } = this.#place;
    const options = {
      method,
      ca,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    return namespace?.fetch(`${url}${path}`, options) ?? fetchOverTls(`${url}${path}`, options);
  }

  /** As `send`, but throws with the server's words unless it agrees. Returns the answer's JSON. */
  async ask<T>(method: string, path: string, body?: unknown, type?: string): Promise<T> {
    const answer = await this.send(method, path, body, type);
    if (answer.status < 300) return JSON.parse(answer.body) as T;
    throw new Error(`${method} ${path} was answered with ${answer.status}: ${wordsOf(answer.body)}`);
  }

  get<T = ApiObject>(path: string): Promise<T> {
    return this.ask('GET', path);
  }

  /** The objects of a list: `list('/api/v1/pods')`. */
  async list<T = ApiObject>(path: string): Promise<T[]> {
    return (await this.get<{ items: T[] }>(path)).items;
  }

  /** Stores a new object and returns it as stored. Fields that the server does not know are an error. */
  async create(object: ApiObject): Promise<ApiObject> {
    return this.ask('POST', `${await this.#collectionOf(object)}?fieldValidation=Strict`, object);
  }

  /**
   * Server-side apply: makes the object, or changes it. Fields that the server does not know are an error.
   */
  async apply(object: ApiObject): Promise<ApiObject> {
    const path = `${await this.pathOf(object)}?fieldManager=test&force=true&fieldValidation=Strict`;
    return this.ask('PATCH', path, object, 'application/apply-patch+yaml');
  }

  /** Changes some fields. */
  async patch(object: ApiObject, change: object): Promise<ApiObject> {
    return this.ask('PATCH', await this.pathOf(object), change, 'application/merge-patch+json');
  }

  /** Changes some fields of the status, as a kubelet does. */
  async patchStatus(object: ApiObject, status: object): Promise<ApiObject> {
    const path = `${await this.pathOf(object)}/status`;
    return this.ask('PATCH', path, { status }, 'application/merge-patch+json');
  }

  /** Deletes an object at once. */
  async delete(object: ApiObject): Promise<void> {
    await this.ask('DELETE', `${await this.pathOf(object)}?gracePeriodSeconds=0`);
  }

  /** The path of an object, for any request about it. */
  async pathOf(object: ApiObject): Promise<string> {
    return `${await this.#collectionOf(object)}/${object.metadata.name}`;
  }

  /**
   * A new token of a ServiceAccount, by TokenRequest.
   * @param audiences default: the API server itself
   */
  async serviceAccountToken(
    namespace: string,
    name: string,
    {
      audiences = [],
      expirationSeconds = 3600,
    }: { audiences?: readonly string[]; expirationSeconds?: number } = {},
  ): Promise<string> {
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences, expirationSeconds },
    };
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    return (await this.ask<{ status: { token: string } }>('POST', path, request)).status.token;
  }

  async #collectionOf({ apiVersion, kind, metadata }: ApiObject): Promise<string> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { resources } = await this.#kindsOf(root);
    const resource = resources.find((one) => one.kind === kind && !one.name.includes('/'));
    if (!resource) throw new Error(`the API server knows no ${kind} in ${apiVersion}`);
    if (!resource.namespaced) return `${root}/${resource.name}`;
    return `${root}/namespaces/${metadata.namespace ?? 'default'}/${resource.name}`;
  }

  #kindsOf(root: string): Promise<ResourceList> {
    const known = this.#kinds.get(root) ?? this.get<ResourceList>(root);
    known.catch(() => this.#kinds.delete(root));
    this.#kinds.set(root, known);
    return known;
  }
}

/** The message of a Status, or the text itself. */
function wordsOf(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    return body;
  }
}
