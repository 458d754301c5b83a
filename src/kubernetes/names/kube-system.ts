import { RepeatedName } from '../../flow/index.ts';
import { objectIn, textIn } from './object-reader.ts';
import type { ObjectStore } from './object-store.ts';

export interface NamespaceObject {
  readonly uid: string;
  readonly name: string;
}

/** Undefined when it has no UID or no name. */
export function slimNamespace(object: unknown): NamespaceObject | undefined {
  const metadata = objectIn(object, 'metadata');
  const [uid, name] = [textIn(metadata, 'uid'), textIn(metadata, 'name')];
  return uid === '' || name === '' ? undefined : { uid, name };
}

/** The Namespace that every cluster has. Its UID stands for the cluster. */
export class KubeSystem implements ObjectStore<NamespaceObject> {
  uid: RepeatedName | undefined;

  get size(): number {
    return this.uid === undefined ? 0 : 1;
  }

  uids(): Iterable<string> {
    return this.uid === undefined ? [] : [this.uid.text];
  }

  upsert({ uid, name }: NamespaceObject): void {
    if (name === 'kube-system' && this.uid?.text !== uid) this.uid = new RepeatedName(uid);
  }

  /** It cannot be deleted while the cluster lives: the last known UID stays. */
  remove(): void {}

  forget(): void {}
}
