import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { type Clock, WeirError } from '../../runtime/index.ts';
import type { ClusterAccess, ClusterCredentials } from './cluster-access.ts';
import { type Kubeconfig, readKubeconfig } from './kubeconfig.ts';

/** Plugins and files are asked at most this often. */
const RENEW_MS = 60_000;

export interface KubeconfigParts {
  readonly clock: Clock;
  readonly paths: readonly string[];
  /** Default the current context of the files. */
  readonly context?: string;
}

/**
 * Access by a context of a kubeconfig: tokens, certificates, exec plugins and OIDC by @kubernetes/client-
 * node. It loads that only here: 0.7 s and 80 MB. Its module of the configuration alone costs the same.
 */
export class KubeconfigAccess implements ClusterAccess {
  readonly server: URL;
  readonly namespace: string;
  readonly remedy: string;
  readonly #clock: Clock;
  readonly #load: () => Promise<KubeConfig>;
  #config: KubeConfig | undefined;
  #latest: Promise<ClusterCredentials> | undefined;
  #latestMs = 0;

  private constructor(config: KubeConfig, clock: Clock, load: () => Promise<KubeConfig>) {
    const context = config.getCurrentContext();
    this.server = serverOf(config);
    this.namespace = config.getContextObject(context)?.namespace ?? 'default';
    this.remedy = `Log in again; "kubectl --context ${context} auth whoami" shows whether it works.`;
    this.#config = config;
    this.#clock = clock;
    this.#load = load;
  }

  /**
   * @throws {WeirError} WEIR_KUBERNETES_CREDENTIALS for files that cannot be read, and without the context
   */
  static async read({ clock, paths, context }: KubeconfigParts): Promise<KubeconfigAccess> {
    const loadConfig = async () => configOf(await readKubeconfig(paths), context, paths);
    return new KubeconfigAccess(await loadConfig(), clock, loadConfig);
  }

  /** One run of a plugin serves all requests that wait for it. */
  credentials(): Promise<ClusterCredentials> {
    const nowMs = this.#clock.monotonic();
    if (this.#latest !== undefined && nowMs - this.#latestMs < RENEW_MS) return this.#latest;
    this.#latestMs = nowMs;
    const latest = this.#obtain();
    this.#latest = latest;
    latest.catch(() => {
      if (this.#latest === latest) this.#latest = undefined;
    });
    return latest;
  }

  /** Plugins keep what they got in the configuration, so it is read again as well. */
  forget(): void {
    this.#latest = undefined;
    this.#config = undefined;
  }

  async #obtain(): Promise<ClusterCredentials> {
    this.#config ??= await this.#load();
    try {
      return await credentialsOf(this.#config);
    } catch (cause) {
      throw credentialsError(`no credentials for ${this.server.origin}: ${(cause as Error).message}`, {
        remedy: this.remedy,
        cause,
      });
    }
  }
}

async function configOf(
  { 'current-context': current, ...entries }: Kubeconfig,
  context = current,
  paths: readonly string[],
): Promise<KubeConfig> {
  const where = paths.join(', ');
  const names = entries.contexts.map(({ name }) => name);
  if (context === undefined || !names.includes(context)) {
    const found = names.length === 0 ? 'no context' : `the contexts ${names.join(', ')}`;
    throw credentialsError(`expected ${context ?? 'a current context'} in ${where}, found ${found}`, {
      remedy: 'Name one of the contexts, or another file.',
    });
  }
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    config.loadFromString(JSON.stringify({ ...entries, 'current-context': context }));
  } catch (cause) {
    throw credentialsError(`a kubeconfig is incomplete (${where}): ${(cause as Error).message}`, { cause });
  }
  return config;
}

function serverOf(config: KubeConfig): URL {
  const server = config.getCurrentCluster()?.server;
  if (server !== undefined && URL.canParse(server)) return new URL(server);
  const context = config.getCurrentContext();
  throw credentialsError(
    `expected a cluster with the URL of its server in the context ${context}, found ${server}`,
  );
}

async function credentialsOf(config: KubeConfig): Promise<ClusterCredentials> {
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const { headers, auth, agent, ca, cert, key, servername, rejectUnauthorized } = options;
  const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  const entries = Object.entries(headers as Record<string, string>);
  const tls = { ca, cert, key, servername, rejectUnauthorized };
  return {
    headers: {
      ...basic,
      ...Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value.trim()])),
    },
    tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)),
    ...(config.getCurrentCluster()?.proxyUrl && { proxyAgent: agent as Agent }),
  };
}

const credentialsError = (message: string, options?: ConstructorParameters<typeof WeirError>[2]): WeirError =>
  new WeirError('WEIR_KUBERNETES_CREDENTIALS', message, options);
