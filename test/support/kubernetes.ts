import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { serverProgram } from './built-servers.ts';
import { freePort } from './free-port.ts';
import { type ApiPlace, KubernetesApi } from './kubernetes-api.ts';
import { Program } from './program.ts';
import { listenAddress, type ServerPlace } from './server.ts';
import { TemporaryDirectory } from './temporary-directory.ts';
import { TestAuthority } from './test-authority.ts';
import { until } from './until.ts';

/*
 * A real Kubernetes API, for tests that require('kubernetes', 'openssl'):
 *
 *   await using kubernetes = await startKubernetes();
 *   await kubernetes.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
 *   const pods = await kubernetes.admin.list('/api/v1/pods');
 *
 * It is etcd and kube-apiserver. `controllers` adds a kube-controller-manager. cluster.ts adds nodes.
 */

export interface KubernetesOptions extends ServerPlace {
  /** What kube-controller-manager runs. Default: none, and no kube-controller-manager. */
  controllers?: readonly string[];
  /** Users by name, with their groups. `as(name)` is the API as such a user sees it. */
  users?: Readonly<Record<string, readonly string[]>>;
  /** The addresses of Services. Default: IPv4 and IPv6. */
  serviceRanges?: readonly string[];
  /** The address of the endpoint of the Service `kubernetes`. Default: the Service has no endpoint. */
  advertiseAddress?: string;
  /** Further arguments of kube-apiserver. */
  options?: readonly string[];
}

/** Controllers whose work does not need a kubelet. */
export const quietControllers = [
  'serviceaccount',
  'serviceaccount-token',
  'root-ca-certificate-publisher',
  'endpointslice',
  'deployment',
  'replicaset',
  'namespace',
  'garbage-collector',
].map((name) => `${name}-controller`);

const defaultServiceRanges = ['10.96.0.0/16', 'fd96::/108'];
// for documentation only (RFC 5737): no host has it, and kube-apiserver refuses loopback here
const nowhere = '192.0.2.1';

/** The account of kube-controller-manager. The API server gives each account only its own rights. */
const controllerManager = 'system:kube-controller-manager';
const administrator = 'admin';

/** Starts a Kubernetes API with an empty store, and waits until it is ready. */
export async function startKubernetes(options: KubernetesOptions = {}): Promise<Kubernetes> {
  const kubernetes = new Kubernetes(options, options.port || (await freePort()));
  try {
    await kubernetes.start();
    return kubernetes;
  } catch (error) {
    await kubernetes.stop();
    throw error;
  }
}

export class Kubernetes implements AsyncDisposable {
  readonly directory = new TemporaryDirectory();
  /** PEM file of the authority that signs the API server's certificate. */
  readonly caFile: string;
  /** May do everything. */
  readonly admin: KubernetesApi;
  readonly #options: KubernetesOptions;
  readonly #place: ApiPlace;
  readonly #port: number;
  readonly #tokens = new Map<string, string>();
  readonly #authority: TestAuthority;
  #apiServer: Program | undefined;
  #others: Program[] = [];

  /** For `startKubernetes`. */
  constructor(options: KubernetesOptions, port: number) {
    this.#options = options;
    this.#port = port;
    this.#authority = new TestAuthority(this.directory.path);
    this.caFile = this.#authority.caFile;
    const { namespace } = options;
    const url = `https://${listenAddress({ ...options, port })}`;
    this.#place = { url, ca: readFileSync(this.caFile, 'utf8'), namespace };
    this.#writeUsers();
    writeSigningKey(this.#signingKey);
    this.admin = this.as(administrator);
  }

  /** Without a slash at its end. */
  get url(): string {
    return this.#place.url;
  }

  /** The authority as PEM. */
  get ca(): string {
    return this.#place.ca;
  }

  /** The API as a user of `users` sees it. */
  as(user: string): KubernetesApi {
    return this.withToken(this.tokenOf(user));
  }

  /** The API as the owner of a token sees it, such as a ServiceAccount. */
  withToken(token: string): KubernetesApi {
    return new KubernetesApi(this.#place, token);
  }

  tokenOf(user: string): string {
    const token = this.#tokens.get(user);
    if (token === undefined) throw new Error(`no ${user} in the option users`);
    return token;
  }

  /** Writes a kubeconfig file with this token and returns its path. */
  kubeconfig(name: string, token: string): string {
    const path = this.directory.file(`${name.replaceAll(':', '-')}.kubeconfig`);
    const cluster = { server: this.url, 'certificate-authority': this.caFile };
    const configuration = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
      clusters: [{ name: 'test', cluster }],
      users: [{ name, user: { token } }],
    };
    writeFileSync(path, JSON.stringify(configuration), { mode: 0o600 }); // JSON is YAML
    return path;
  }

  /** Ends the API server alone, as an outage does. Its store and its port remain. */
  async stopApiServer(): Promise<void> {
    await this.#apiServer?.stop('SIGKILL');
  }

  /** Starts the API server, again after `stopApiServer`, and waits until it is ready. */
  async startApiServer(): Promise<void> {
    const program = this.#run(...this.#apiServerCommand());
    this.#apiServer = program;
    await this.#ready(program);
  }

  /** For `startKubernetes`. */
  async start(): Promise<void> {
    this.#others.push(this.#run(...etcdCommand(this.directory)));
    await this.startApiServer();
    const { controllers = [] } = this.#options;
    if (controllers.length > 0) this.#others.push(this.#run(...this.#controllerCommand(controllers)));
  }

  async stop(): Promise<void> {
    for (const program of [...this.#others.toReversed(), this.#apiServer]) await program?.stop('SIGKILL');
    this.directory[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get #signingKey(): string {
    return this.directory.file('service-accounts.key');
  }

  async #ready(program: Program): Promise<void> {
    await until('a ready API server', async () => {
      if (!program.running) throw new Error(program.account());
      const answer = await this.admin.send('GET', '/readyz').catch(() => undefined);
      return answer?.status === 200;
    });
  }

  #run(...words: readonly string[]): Program {
    const command = kubernetesCommand(...words);
    return this.#options.namespace?.start(command) ?? new Program(command);
  }

  #writeUsers(): void {
    const users = { [administrator]: ['system:masters'], [controllerManager]: [], ...this.#options.users };
    const lines = Object.entries(users).map(([name, groups]) => {
      const token = randomBytes(16).toString('hex');
      this.#tokens.set(name, token);
      return [token, name, name, `"${groups.join()}"`].join();
    });
    writeFileSync(this.directory.file('tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 });
  }

  #apiServerCommand(): string[] {
    const {
      host = '127.0.0.1',
      advertiseAddress,
      serviceRanges = defaultServiceRanges,
      options = [],
    } = this.#options;
    const names = ['DNS:localhost', 'DNS:kubernetes.default.svc', ...addressesOf(host, serviceRanges)];
    const { certFile, keyFile } = this.#authority.issue('apiserver', { names });
    return [
      'kube-apiserver',
      `--etcd-servers=${etcdUrl(this.directory)}`,
      `--bind-address=${host}`,
      `--secure-port=${this.#port}`,
      `--advertise-address=${advertiseAddress ?? nowhere}`,
      ...(advertiseAddress === undefined ? ['--endpoint-reconciler-type=none'] : []),
      `--tls-cert-file=${certFile}`,
      `--tls-private-key-file=${keyFile}`,
      `--service-cluster-ip-range=${serviceRanges.join()}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${this.#signingKey}`,
      `--service-account-signing-key-file=${this.#signingKey}`,
      `--token-auth-file=${this.directory.file('tokens.csv')}`,
      '--authorization-mode=Node,RBAC',
      '--allow-privileged=true',
      ...options,
    ];
  }

  #controllerCommand(controllers: readonly string[]): string[] {
    return [
      'kube-controller-manager',
      `--kubeconfig=${this.kubeconfig(controllerManager, this.tokenOf(controllerManager))}`,
      `--controllers=${controllers.join()}`,
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${this.#signingKey}`,
      `--root-ca-file=${this.caFile}`,
      '--leader-elect=false',
      '--secure-port=0',
    ];
  }
}

/** The command of one of the programs of a cluster. */
export function kubernetesCommand(...words: readonly string[]): string[] {
  return [serverProgram('kubernetes'), ...words];
}

/** etcd with its store and its socket in the folder. A test's store need not outlive the machine. */
function etcdCommand(directory: TemporaryDirectory): string[] {
  const self = 'http://127.0.0.1:2380'; // a name only: no other member speaks to it
  return [
    'etcd',
    `--data-dir=${directory.file('etcd')}`,
    `--listen-client-urls=${etcdUrl(directory)}`,
    '--advertise-client-urls=http://127.0.0.1:2379',
    `--listen-peer-urls=unix://${directory.file('peers.sock')}`,
    `--initial-advertise-peer-urls=${self}`,
    `--initial-cluster=default=${self}`,
    '--log-level=warn',
    '--unsafe-no-fsync',
  ];
}

function etcdUrl(directory: TemporaryDirectory): string {
  return `unix://${directory.file('etcd.sock')}`;
}

function writeSigningKey(path: string): void {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(path, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
}

/** The addresses of the API server for its certificate: its own, and the first of each range of Services. */
function addressesOf(host: string, serviceRanges: readonly string[]): string[] {
  const firsts = serviceRanges.map((range) => range.replace(/0?\/\d+$/, '1'));
  return [host, ...firsts].map((address) => `IP:${address}`);
}
