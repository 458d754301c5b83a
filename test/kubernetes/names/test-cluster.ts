import type { KubernetesObject } from '../../../src/kubernetes/index.ts';
import { ClusterNames, type ClusterNamesOptions } from '../../../src/kubernetes/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { BEGUN, wordsOf } from './made-objects.ts';

const pluralOf: Readonly<Record<string, string>> = {
  Pod: 'pods',
  Node: 'nodes',
  Service: 'services',
  EndpointSlice: 'endpointslices',
};

/** The names of a cluster whose API server is the test. */
export class TestCluster {
  readonly clock: FakeClock;
  readonly names: ClusterNames;

  constructor(options: ClusterNamesOptions = {}, nowMs = BEGUN) {
    this.clock = new FakeClock(nowMs);
    this.names = new ClusterNames(this.clock, options);
  }

  /** Objects of a kind are new, or they have changed. */
  set(...objects: KubernetesObject[]): void {
    for (const object of objects) this.#take(object, 'upsert');
  }

  delete(...objects: KubernetesObject[]): void {
    for (const object of objects) this.#take(object, 'remove');
  }

  /** A full list of one kind, by its plural. */
  list(plural: string, objects: readonly KubernetesObject[]): void {
    const followed = this.names.followed.find(({ reflected }) => reflected.kind.plural === plural)!;
    followed.handler.replace(objects.map((object) => followed.reflected.slim(object)));
    this.clock.advance(0);
  }

  /** Who has the address at a time, as text: namespace/name of a Pod, or the name of a node. */
  ownerOf(address: string, timeMs: number = this.clock.now()): string | undefined {
    const owner = this.names.owners.find(wordsOf(address), 0, 0, timeMs);
    if (owner === undefined) return undefined;
    return 'object' in owner ? `${owner.object.namespace.text}/${owner.object.name.text}` : owner.name.text;
  }

  #take(object: KubernetesObject, method: 'upsert' | 'remove'): void {
    const plural = object.kind === undefined ? pluralOfUid(object) : pluralOf[object.kind]!;
    const followed = this.names.followed.find(({ reflected }) => reflected.kind.plural === plural)!;
    followed.handler[method](followed.reflected.slim(object));
  }
}

/** Controllers and Namespaces come without a kind, as metadata do. */
function pluralOfUid({ metadata }: KubernetesObject): string {
  if (metadata.uid?.startsWith('ReplicaSet')) return 'replicasets';
  return metadata.uid?.startsWith('Job') ? 'jobs' : 'namespaces';
}
