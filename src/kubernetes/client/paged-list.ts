import type { Clock } from '../../runtime/index.ts';
import { arrivingOctets } from './arriving-octets.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { isKubernetesObject, type KubernetesObject } from './kubernetes-object.ts';
import { type ListEnvelope, ListSplitter } from './list-splitter.ts';
import { acceptOf, type ReflectedKind, selectorsOf } from './reflected-kind.ts';
import { ReflectionFault } from './reflection-fault.ts';

export interface ListParts {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** For each object, as it arrives. */
  readonly onObject: (object: KubernetesObject) => void;
  readonly onTooLarge: () => void;
}

const PAGE_OBJECTS = '500';
const ANSWER_MS = 60_000;
const SILENCE_MS = 60_000;

/**
 * Lists all objects of a kind in one consistent state, and answers with its version. Only without a version
 * does the server make pages: with "0" it ignores the limit, and may show an older state than others did.
 * @param isPaged false asks for everything at once, which needs no token that can expire
 * @throws {ReflectionFault}
 * @throws {KubernetesError}
 */
export async function listAll(
  kind: ReflectedKind<unknown>,
  isPaged: boolean,
  parts: ListParts,
): Promise<string> {
  const limit: Record<string, string> = isPaged ? { limit: PAGE_OBJECTS } : {};
  const selectors = selectorsOf(kind);
  let continueToken = '';
  for (;;) {
    const next: Record<string, string> = continueToken === '' ? {} : { continue: continueToken };
    const { metadata = {} } = await listPage(kind, { ...selectors, ...limit, ...next }, parts);
    const { resourceVersion, continue: token } = metadata;
    if (typeof resourceVersion !== 'string' || resourceVersion === '')
      throw new ReflectionFault('unreadable', 'expected a list with metadata.resourceVersion');
    if (typeof token !== 'string' || token === '') return resourceVersion;
    continueToken = token;
  }
}

async function listPage(
  kind: ReflectedKind<unknown>,
  query: Readonly<Record<string, string>>,
  { client, clock, signal, onObject, onTooLarge }: ListParts,
): Promise<ListEnvelope> {
  const accept = acceptOf(kind, 'list');
  const response = await client.open('list', kind, { query, accept, answerMs: ANSWER_MS, signal });
  const splitter = new ListSplitter(MAX_OBJECT_OCTETS);
  try {
    for await (const chunk of arrivingOctets(response, clock, SILENCE_MS)) {
      for (const { octets, isTooLarge } of splitter.split(chunk)) {
        if (isTooLarge) onTooLarge();
        else onObject(readObject(octets));
      }
    }
    return splitter.finish();
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ReflectionFault('unreadable', `the API server sends a list that is no JSON: ${cause.message}`, {
      cause,
    });
  }
}

function readObject(octets: Buffer): KubernetesObject {
  const object: unknown = JSON.parse(octets.toString('utf8'));
  if (isKubernetesObject(object)) return object;
  throw new SyntaxError('expected objects with metadata');
}

/** etcd takes objects of up to 1.5 MiB in a denser encoding. */
export const MAX_OBJECT_OCTETS = 2_621_440;
