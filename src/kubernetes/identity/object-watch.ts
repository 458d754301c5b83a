import type { Clock, Ledger, Log } from '../../runtime/index.ts';
import { type KubernetesClient, Reflector } from '../client/index.ts';
import type { ObjectWatch } from './cluster-identity-store.ts';

export interface ObjectWatchParts {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  /** As of `ReflectorParts`. */
  readonly spreadMs?: number;
}

/**
 * Watches single objects by their name. That needs no right to others of their kind: the selector has the
 * name that the rule has. /
 */
export const watchObjects =
  (parts: ObjectWatchParts): ObjectWatch =>
  ({ kind, namespace, name }, changed) => {
    const reflector = new Reflector(
      {
        kind,
        ...(namespace !== undefined && { namespace }),
        fieldSelector: `metadata.name=${name}`,
        slim: ({ metadata }) => metadata.resourceVersion ?? '',
      },
      { ...parts, handler: { replace: changed, upsert: changed, remove: changed } },
    );
    void reflector.start();
    return () => void reflector.stop();
  };
