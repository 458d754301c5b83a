import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { type Clock, WeirError } from '../../runtime/index.ts';
import type { ClusterAccess, ClusterCredentials } from './cluster-access.ts';
import { RereadFile, readBoundedFile } from './reread-file.ts';

/** Where the kubelet mounts the files of a Pod's ServiceAccount. */
const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterParts {
  readonly clock: Clock;
  /** Default the environment of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Default the folder that the kubelet mounts. */
  readonly folder?: string;
}

/**
 * Access by the files and the environment of a Pod. It needs no library: @kubernetes/client-node would cost
 * each Pod 80 MB, with or without its generated part.
 */
export class InClusterAccess implements ClusterAccess {
  readonly server: URL;
  readonly namespace: string;
  readonly remedy: string;
  readonly #token: RereadFile;
  readonly #authorities: RereadFile;

  private constructor(server: URL, namespace: string, folder: string, clock: Clock) {
    this.server = server;
    this.namespace = namespace;
    this.#token = new RereadFile(join(folder, 'token'), clock);
    this.#authorities = new RereadFile(join(folder, 'ca.crt'), clock);
    this.remedy = `Check that the kubelet renews ${this.#token.path}, and that the ServiceAccount of this Pod still exists.`;
  }

  /** @throws {WeirError} WEIR_KUBERNETES_CREDENTIALS outside a Pod, or when its files are not mounted */
  static async read(parts: InClusterParts): Promise<InClusterAccess> {
    const { clock, environment = process.env, folder = SERVICE_ACCOUNT_FOLDER } = parts;
    const server = serverOf(environment);
    const namespace = (await readMounted(() => readBoundedFile(join(folder, 'namespace')))).trim();
    const access = new InClusterAccess(server, namespace, folder, clock);
    await access.credentials();
    return access;
  }

  async credentials(): Promise<ClusterCredentials> {
    const [token, ca] = await readMounted(() => Promise.all([this.#token.read(), this.#authorities.read()]));
    return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } };
  }

  forget(): void {
    this.#token.forget();
    this.#authorities.forget();
  }
}

function serverOf(environment: Readonly<Record<string, string | undefined>>): URL {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  const text = `https://${host !== undefined && isIPv6(host) ? `[${host}]` : host}:${port}`;
  if (host && port && URL.canParse(text)) return new URL(text);
  throw new WeirError(
    'WEIR_KUBERNETES_CREDENTIALS',
    'this process runs in no Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
    { remedy: 'Name a kubeconfig, or run it in a Pod.' },
  );
}

async function readMounted<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new WeirError(
      'WEIR_KUBERNETES_CREDENTIALS',
      `the files of the ServiceAccount cannot be read: ${(cause as Error).message}`,
      { remedy: 'Remove "automountServiceAccountToken: false" from the Pod and its ServiceAccount.', cause },
    );
  }
}
