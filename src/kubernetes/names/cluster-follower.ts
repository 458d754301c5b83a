import { type Clock, type Component, describeError, type Ledger, type Log } from '../../runtime/index.ts';
import {
  type ClusterAccess,
  InClusterAccess,
  KubeconfigAccess,
  KubernetesClient,
  Reflector,
  type ReflectorState,
} from '../client/index.ts';
import type { ClusterNames, FollowedKind } from './cluster-names.ts';
import type { KubernetesSettings } from './options.ts';

export interface ClusterFollowerParts {
  readonly names: ClusterNames;
  /** Default: what the names need. */
  readonly followed?: readonly FollowedKind[];
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
  /** As of `ReflectorParts`. */
  readonly spreadMs?: number;
}

/** How one kind of object is followed. */
export interface FollowedState extends ReflectorState {
  /** As in paths: 'pods'. */
  readonly plural: string;
}

/**
 * Follows the API server for the names of a cluster. It never waits for the server: until it answers, flows
 * have addresses only.
 */
export class ClusterFollower implements Component {
  readonly name = 'kubernetes follower';
  readonly #settings: KubernetesSettings;
  readonly #parts: ClusterFollowerParts;
  #reflectors: readonly { readonly plural: string; readonly reflector: Reflector<unknown> }[] = [];
  #client: KubernetesClient | undefined;

  constructor(settings: KubernetesSettings, parts: ClusterFollowerParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  get states(): readonly FollowedState[] {
    return this.#reflectors.map(({ plural, reflector }) => ({ plural, ...reflector.state }));
  }

  /**
   * Up to when all that happened to the objects of a kind has come, in monotonic time. Undefined before their
   * first list.
   */
  seenMs(plural: string): number | undefined {
    const state = this.states.find((one) => one.plural === plural);
    return state?.isSynced === true ? (state.staleSinceMs ?? state.heardMs) : undefined;
  }

  /**
   * Without credentials, `auto` goes on without names and logs why.
   * @throws {WeirError} WEIR_KUBERNETES_CREDENTIALS without credentials, if it is to follow in any case
   */
  async start(): Promise<void> {
    const { names, followed = names.followed, ...parts } = this.#parts;
    const { clock, ledger, log } = parts;
    await names.start();
    const access = await this.#access();
    if (access === undefined) return;
    const client = new KubernetesClient({ access, clock, ledger, log });
    this.#client = client;
    this.#reflectors = followed.map(({ reflected, handler, isUrgent = false }) => ({
      plural: reflected.kind.plural,
      reflector: new Reflector(reflected, { ...parts, client, handler, ...(isUrgent && { spreadMs: 0 }) }),
    }));
    for (const { reflector } of this.#reflectors) await reflector.start();
  }

  /** Lists the objects of a kind once more: something else is kept of them from now on. */
  listAgain(plural: string): void {
    for (const followed of this.#reflectors) if (followed.plural === plural) followed.reflector.listAgain();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#reflectors.map(({ reflector }) => reflector.stop()));
    await this.#parts.names.stop();
    this.#client?.close();
  }

  async #access(): Promise<ClusterAccess | undefined> {
    const { clock, log } = this.#parts;
    const { enabled, kubeconfig, context } = this.#settings;
    try {
      if (kubeconfig === undefined) return await InClusterAccess.read({ clock });
      const named = context === undefined ? {} : { context };
      return await KubeconfigAccess.read({ clock, paths: [kubeconfig], ...named });
    } catch (error) {
      if (enabled === true) throw error;
      log.warn(this.name, `flows are not named by Kubernetes: ${describeError(error)}`);
      return undefined;
    }
  }
}

/** Whether to follow an API server at all. */
export const isFollowed = (
  { enabled, kubeconfig }: KubernetesSettings,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): boolean =>
  enabled === 'auto' ? kubeconfig !== undefined || Boolean(environment.KUBERNETES_SERVICE_HOST) : enabled;
