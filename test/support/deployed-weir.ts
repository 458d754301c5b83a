import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Cluster } from './cluster.ts';
import type { ClusterNode, RunningPod } from './cluster-node.ts';
import { kustomizeObjects } from './deployment.ts';
import type { ApiObject } from './kubernetes-api.ts';
import type { NetworkNamespace } from './namespace.ts';
import { accounts, startWeirInPod } from './pod.ts';
import type { Program } from './program.ts';
import { TemporaryDirectory } from './temporary-directory.ts';
import { until } from './until.ts';
import { type LedgerLine, stopWeir } from './weir.ts';

/*
 * What `kubectl apply -k deploy/kustomize/base` makes of a cluster. The objects are in the real API server,
 * whose controllers make the aggregator's Pod and its endpoints. The test starts processes where kubelets
 * would start containers: with the arguments, the accounts and the files of their Pods. Tests that use it
 * require('deploy-tools') besides what a cluster needs, and start the cluster with `deployingControllers`.
 */

/** The API server counts Pods of the system's priority classes against a quota. */
export const deployingControllers = ['resourcequota-controller'];

/** Files in place of those in the base, which have only comments. */
export interface DeployedFiles {
  readonly agent?: object;
  readonly aggregator?: object;
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
}

export class DeployedWeir implements AsyncDisposable {
  /** The first is the aggregator. */
  readonly #programs: Program[] = [];
  readonly #directory = new TemporaryDirectory();
  readonly #cluster: Cluster;
  readonly #objects: readonly ApiObject[];
  #pod: RunningPod | undefined;

  private constructor(cluster: Cluster, objects: readonly ApiObject[]) {
    this.#cluster = cluster;
    this.#objects = objects;
  }

  /** Applies the base and waits until all its processes run. */
  static async apply(cluster: Cluster): Promise<DeployedWeir> {
    const weir = new DeployedWeir(cluster, await kustomizeObjects());
    try {
      for (const object of weir.#objects) await cluster.admin.apply(object);
      await weir.start();
      return weir;
    } catch (error) {
      await weir[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The Pod of the aggregator, on the first node. */
  get pod(): RunningPod {
    return this.#pod!;
  }

  get aggregator(): Program {
    return this.#programs[0]!;
  }

  file(name: string): string {
    return this.#directory.file(name);
  }

  /** Starts all processes, again after `stop`. */
  async start(files: DeployedFiles = {}): Promise<void> {
    const { nodes } = this.#cluster;
    const [first] = nodes as [ClusterNode];
    this.#pod ??= await this.#takePod(first);
    const aggregator = await this.#startContainer('aggregator', first, this.#pod, files.aggregator);
    this.#programs.push(aggregator);
    for (const node of nodes)
      this.#programs.push(await this.#startContainer('agent', node, node, files.agent));
    await aggregator.says(/weir: ready/);
    await first.markReady(this.#pod);
    for (const agent of this.#programs.slice(1)) await agent.says(/weir: ready/);
  }

  /** Ends the agents, then the aggregator, and returns their ledgers. */
  async stop(): Promise<LedgerLine[]> {
    const ledgers: LedgerLine[] = [];
    for (const program of this.#programs.splice(0).toReversed()) ledgers.push(...(await stopWeir(program)));
    return ledgers;
  }

  /** What the aggregator answers on its socket, where all may be read. */
  async ask(path: string): Promise<string> {
    const asked = request({ socketPath: this.#httpSocket, path });
    asked.end();
    const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
      asked.on('response', resolve).on('error', reject),
    );
    return text(response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs.splice(0)) await program.stop('SIGKILL');
    this.#directory[Symbol.dispose]();
  }

  get #httpSocket(): string {
    return this.file('tmp/weir/http.sock');
  }

  /** The Pod that the controllers make for the Deployment. */
  async #takePod(node: ClusterNode): Promise<RunningPod> {
    const path = `/api/v1/namespaces/${accounts.aggregator.namespace}/pods`;
    const firstPod = async () => (await this.#cluster.admin.list(path))[0];
    return node.takePod(await until('the Pod of the aggregator', firstPod));
  }

  /** Starts the container of a Pod with its arguments and variables, and its folders in ours. */
  #startContainer(
    part: 'agent' | 'aggregator',
    node: ClusterNode,
    { namespace, addresses }: { namespace: NetworkNamespace; addresses: { v4: string } },
    file: object | undefined,
  ): Promise<Program> {
    const { args, env } = this.#container(part);
    const variables: Record<string, string> = { POD_IP: addresses.v4, NODE_NAME: node.name };
    for (const { name, value } of env) if (value !== undefined) variables[name] = value;
    const configName = args
      .find((word) => word.startsWith('/etc/weir/config/'))!
      .split('/')
      .at(-1)!;
    const folder = part === 'agent' ? node.name : part;
    for (const name of ['config', 'lib']) mkdirSync(this.file(`${folder}/${name}`), { recursive: true });
    mkdirSync(this.file('tmp/weir'), { recursive: true });
    const config = file === undefined ? this.#configText(part, configName) : JSON.stringify(file);
    writeFileSync(this.file(`${folder}/config/${configName}`), config);
    const folders: Readonly<Record<string, string>> = {
      '/etc/weir/config': this.file(`${folder}/config`),
      '/var/lib/weir': this.file(`${folder}/lib`),
      '/tmp/weir': this.file('tmp/weir'),
    };
    const words = args.map((word) =>
      word
        .replace(/\$\((\w+)\)/g, (_, name) => variables[name]!)
        .replace(/\/etc\/weir\/config|\/var\/lib\/weir|\/tmp\/weir/, (path) => folders[path]!),
    );
    const { kubernetes } = this.#cluster;
    return startWeirInPod(namespace, kubernetes, accounts[part], words, {
      ...variables,
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBERNETES_SERVICE_PORT: '443',
    });
  }

  #container(part: 'agent' | 'aggregator'): Container {
    const kind = part === 'agent' ? 'DaemonSet' : 'Deployment';
    const { spec } = this.#objects.find((object) => object.kind === kind)!;
    return (spec as { template: { spec: { containers: Container[] } } }).template.spec.containers[0]!;
  }

  #configText(part: 'agent' | 'aggregator', name: string): string {
    const { namespace } = accounts[part];
    const configMaps = this.#objects.filter(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.namespace === namespace,
    );
    const texts = configMaps.flatMap(
      ({ data }) => (data as Record<string, string> | undefined)?.[name] ?? [],
    );
    return texts[0]!;
  }
}
