import { RepeatedName } from '../../flow/index.ts';
import type { ControllerObject } from './controller-object.ts';
import type { KnownPod } from './known-pod.ts';
import type { NamePool } from './name-pool.ts';
import type { ObjectStore } from './object-store.ts';

interface Top {
  readonly kind: RepeatedName;
  readonly name: RepeatedName;
}

/** The names of the kinds that stand for what nobody has told. */
const podKind = new RepeatedName('Pod');
const deploymentKind = new RepeatedName('Deployment');

/**
 * The workload of each Pod: the object at the top of its owners, through ReplicaSets and Jobs. It is resolved
 * when a flow asks, because owners may become known after their Pods.
 */
export class Workloads {
  readonly #pool: NamePool;
  /** Who made each ReplicaSet and Job, by UID. */
  readonly #makers = new Map<string, Top | undefined>();
  #version = 0;

  constructor(pool: NamePool) {
    this.#pool = pool;
  }

  /** Changes whenever a Pod's workload may have changed. */
  get version(): number {
    return this.#version;
  }

  /** A store of one kind of them. */
  store(): ObjectStore<ControllerObject> {
    const own = new Set<string>();
    return {
      get size() {
        return own.size;
      },
      uids: () => own,
      upsert: (object) => {
        own.add(object.uid);
        this.#set(object);
      },
      remove: (uid) => {
        own.delete(uid);
        this.#makers.delete(uid);
      },
      forget: () => {},
    };
  }

  /** Sets the workload of a Pod, if it is not up to date. */
  resolve(pod: KnownPod): void {
    if (pod.workloadVersion === this.#version) return;
    const { kind, name } = this.#topOf(pod);
    pod.workloadKind = kind;
    pod.workloadName = name;
    pod.workloadVersion = this.#version;
  }

  /** Who made a ReplicaSet or a Job; undefined when that is nobody, or is not known. */
  makerOf(uid: string): { readonly kind: string; readonly name: string } | undefined {
    const maker = this.#makers.get(uid);
    return maker && { kind: maker.kind.text, name: maker.name.text };
  }

  #set({ uid, controller }: ControllerObject): void {
    const before = this.#makers.get(uid);
    const isSame = before?.name.text === controller?.name && before?.kind.text === controller?.kind;
    if (isSame && this.#makers.has(uid)) return;
    this.#version++;
    const top = controller && {
      kind: this.#pool.share(controller.kind),
      name: this.#pool.share(controller.name),
    };
    this.#makers.set(uid, top);
  }

  #topOf({ object, workloadKind, workloadName, workloadVersion }: KnownPod): Top {
    const { controllerKind: kind, controllerName: name, controllerUid, node, templateHash } = object;
    if (kind.text === '') return { kind: podKind, name: object.name };
    if (kind.text === 'Node')
      return { kind: podKind, name: this.#pool.share(withoutEnding(object.name.text, node.text)) };
    const maker = this.#makers.get(controllerUid.text);
    if (maker !== undefined) return maker;
    if (this.#makers.has(controllerUid.text)) return { kind, name };
    // What was known before the controller was deleted stays true.
    if (workloadVersion >= 0 && workloadName !== name) return { kind: workloadKind, name: workloadName };
    if (kind.text !== 'ReplicaSet') return { kind, name };
    const cut = withoutEnding(name.text, templateHash.text);
    return cut === name.text ? { kind, name } : { kind: deploymentKind, name: this.#pool.share(cut) };
  }
}

/** The text without -ENDING. */
function withoutEnding(text: string, ending: string): string {
  const isEnding = ending !== '' && text.endsWith(`-${ending}`) && text.length > ending.length + 1;
  return isEnding ? text.slice(0, -ending.length - 1) : text;
}
