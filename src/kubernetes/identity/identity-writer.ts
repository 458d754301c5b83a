import { type Clock, type Log, WeirError } from '../../runtime/index.ts';
import type { AuthorityState } from './authority-state.ts';
import { decideIdentity, type FoundObjects } from './decision.ts';
import { type IdentityStore, objectText } from './identity-store.ts';
import { makeObject } from './made-object.ts';
import type { RotationTimes } from './rotation-times.ts';

export interface IdentityWriterParts {
  readonly store: IdentityStore;
  readonly times: RotationTimes;
  readonly clock: Clock;
  readonly log: Log;
}

/** The objects as they stand once nothing is left to write, or nothing more can be written. */
export interface SettledIdentity {
  /** Undefined when somebody else must mend something first. */
  readonly state: AuthorityState | undefined;
  readonly problems: readonly string[];
}

/** More rounds than steps and replicas explain: something else writes these objects. */
const MAX_ROUNDS = 64;

/**
 * Brings the objects of a cluster into order, one step after the other. Several writers agree because each
 * write names the version that was read: of two, the API server refuses the second, which then reads again.
 * @throws when the API server does not answer, or refuses /
 */
export async function settleIdentity(parts: IdentityWriterParts): Promise<SettledIdentity> {
  const { store, times, clock, log } = parts;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = await readObjects(store);
    const nowMs = clock.now();
    const { step, state, problems } = decideIdentity({ found, namespace: store.namespace, nowMs, times });
    if (step === undefined) return { state, problems };
    const { role, data, text } = await makeObject(step, nowMs, times);
    let isWritten: boolean;
    try {
      isWritten = await store.write(role, data, found[role]);
    } catch (error) {
      // Agents that have what the missing object contained are served by the authority.
      if (state === undefined || !isMissingObject(error)) throw error;
      return { state, problems: [...problems, error.message] };
    }
    const object = objectText(role, store.namespace);
    if (isWritten) log.info('certificates', `${text} (${object})`);
    else log.debug('certificates', `another aggregator was faster: reads ${object} again`);
  }
  throw new WeirError(
    'WEIR_IDENTITY_CONTENTION',
    `the certificates in namespace ${store.namespace} changed ${MAX_ROUNDS} times while they were written`,
    { remedy: 'Look for another program that writes the same Secrets and the ConfigMap.' },
  );
}

const isMissingObject = (error: unknown): error is WeirError =>
  error instanceof WeirError && error.code === 'WEIR_IDENTITY_MISSING';

/**
 * The authority is read last. So whoever writes another object by an authority that has changed since finds
 * that the other object has changed, too, and is refused. /
 */
async function readObjects(store: IdentityStore): Promise<FoundObjects> {
  const client = await store.read('client');
  const bundle = await store.read('bundle');
  const authority = await store.read('authority');
  return { authority, bundle, client };
}
