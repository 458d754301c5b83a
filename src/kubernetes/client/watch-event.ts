import { readStatus, type ServerStatus } from './kubernetes-error.ts';
import { isKubernetesObject, type KubernetesObject } from './kubernetes-object.ts';

/** What a line of a watch says. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: KubernetesObject }
  | { readonly type: 'ERROR'; readonly status: ServerStatus };

/** @throws {SyntaxError} for anything else than an event */
export function readWatchEvent(line: Buffer): WatchEvent {
  const { type, object } = (JSON.parse(line.toString('utf8')) ?? {}) as { type?: unknown; object?: unknown };
  if (type === 'ERROR') {
    const code = Number((object as { code?: unknown } | null)?.code);
    return { type, status: readStatus(Number.isInteger(code) ? code : 500, object) };
  }
  const isKnown = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
  if (isKnown && isKubernetesObject(object)) return { type, object };
  throw new SyntaxError(`expected an event with an object, found one of type ${String(type).slice(0, 40)}`);
}

/** Ends the initial events of a watch that was asked for them: all that exists has been shown. */
export const isEndOfInitialEvents = ({ metadata: { annotations } }: KubernetesObject): boolean =>
  annotations?.['k8s.io/initial-events-end'] === 'true';
