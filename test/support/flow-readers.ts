import type { Cluster } from './cluster.ts';
import type { FlowLine } from './cluster-weir.ts';
import type { NetworkNamespace } from './namespace.ts';
import { printedFlows } from './printed-flows.ts';
import type { Program } from './program.ts';
import { weirProgram } from './weir.ts';

/** Where the readers of a cluster ask, and whom. */
export interface FlowReaderPlace {
  readonly namespace: NetworkNamespace;
  /** The URL of the aggregator's API. */
  readonly server: string;
}

/**
 * Somebody who may read the flows of one namespace, by a ServiceAccount in it, and asks with the commands of
 * Weir.
 */
export class FlowReader {
  readonly #cluster: Cluster;
  readonly #account: string;
  readonly #place: FlowReaderPlace;

  private constructor(cluster: Cluster, account: string, place: FlowReaderPlace) {
    this.#cluster = cluster;
    this.#account = account;
    this.#place = place;
  }

  static async of(cluster: Cluster, namespace: string, place: FlowReaderPlace): Promise<FlowReader> {
    const name = 'flow-reader';
    await cluster.admin.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
    await cluster.admin.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name, namespace },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'weir-flow-reader' },
    });
    return new FlowReader(cluster, `${namespace}/${name}`, place);
  }

  /** Starts a command of Weir that asks the aggregator. */
  start(...words: readonly string[]): Program {
    const { kubernetes } = this.#cluster;
    const { namespace, server } = this.#place;
    const whom = ['--context', 'test', '--service-account', this.#account, '--server', server];
    return namespace.startModule(weirProgram, [...words, ...whom], {
      environment: { KUBECONFIG: kubernetes.kubeconfig('admin', kubernetes.tokenOf('admin')) },
    });
  }

  /** The records that `weir flows` prints. */
  async flows(...words: readonly string[]): Promise<FlowLine[]> {
    return printedFlows(await this.start('flows', ...words, '-o', 'json').succeeds());
  }

  /** The records that `weir get flowrecords` prints. */
  async flowRecords(...words: readonly string[]): Promise<FlowLine[]> {
    return JSON.parse(await this.start('get', 'flowrecords', ...words, '-o', 'json').succeeds());
  }
}
