import type { Cluster } from './cluster.ts';
import type { FlowLine } from './cluster-weir.ts';
import type { ApiObject } from './kubernetes-api.ts';
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

/** Somebody who may read flows, by a ServiceAccount, and asks with the commands of Weir. */
export class FlowReader {
  readonly #cluster: Cluster;
  readonly #account: string;
  readonly #place: FlowReaderPlace;

  private constructor(cluster: Cluster, account: string, place: FlowReaderPlace) {
    this.#cluster = cluster;
    this.#account = account;
    this.#place = place;
  }

  /** Who may read the flows of one namespace, by an account in it. */
  static of(cluster: Cluster, namespace: string, place: FlowReaderPlace): Promise<FlowReader> {
    const account = { name: 'flow-reader', namespace };
    return FlowReader.#bound(cluster, account, { kind: 'RoleBinding', metadata: account }, place);
  }

  /** Who may read all flows, by an account in the namespace `default`. */
  static ofAll(cluster: Cluster, place: FlowReaderPlace): Promise<FlowReader> {
    const name = 'reader-of-all-flows';
    const binding = { kind: 'ClusterRoleBinding', metadata: { name } };
    return FlowReader.#bound(cluster, { name, namespace: 'default' }, binding, place);
  }

  static async #bound(
    cluster: Cluster,
    account: { readonly name: string; readonly namespace: string },
    binding: Pick<ApiObject, 'kind' | 'metadata'>,
    place: FlowReaderPlace,
  ): Promise<FlowReader> {
    await cluster.admin.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account });
    await cluster.admin.apply({
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', ...binding },
      subjects: [{ kind: 'ServiceAccount', ...account }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'weir-flow-reader' },
    });
    return new FlowReader(cluster, `${account.namespace}/${account.name}`, place);
  }

  /** Starts a command of Weir that asks the aggregator. */
  start(...words: readonly string[]): Program {
    return this.#start(words, {});
  }

  /** Starts a console whose token is kept in a folder. */
  startConsole(folder: string): Program {
    return this.#start(['console', '--http', '127.0.0.1:0'], { WEIR_STATE: folder });
  }

  #start(words: readonly string[], environment: Readonly<Record<string, string>>): Program {
    const { kubernetes } = this.#cluster;
    const { namespace, server } = this.#place;
    const whom = ['--context', 'test', '--service-account', this.#account, '--server', server];
    return namespace.startModule(weirProgram, [...words, ...whom], {
      environment: {
        KUBECONFIG: kubernetes.kubeconfig('admin', kubernetes.tokenOf('admin')),
        ...environment,
      },
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
