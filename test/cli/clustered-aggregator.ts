import { readFileSync, writeFileSync } from 'node:fs';
import { FileCertificate } from '../../src/http/index.ts';
import { Log, systemClock } from '../../src/runtime/index.ts';
import { GuardedServer } from '../api/guarded-server.ts';
import type { Program } from '../support/program.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { TestAuthority } from '../support/test-authority.ts';
import { MadeUpCluster } from './made-up-cluster.ts';
import { startWeir } from './weir.ts';

/** An aggregator in a made-up cluster, with a certificate for its Service, and readers of it. */
export class ClusteredAggregator implements AsyncDisposable {
  readonly directory = new TemporaryDirectory();
  readonly ca: string;
  readonly server: GuardedServer;
  /** By namespace/name of ServiceAccounts. */
  readonly tokens: Record<string, string> = {
    'shop/weir-flow-reader': 'token-of-reader',
    'bank/teller': 'token-of-nobody',
  };
  #cluster: MadeUpCluster | undefined;

  constructor() {
    const authority = new TestAuthority(this.directory.path);
    const names = ['DNS:flow-aggregator.flow-aggregator.svc', 'IP:127.0.0.1'];
    const paths = authority.issue('aggregator', { names });
    this.ca = readFileSync(authority.caFile, 'utf8');
    const log = new Log(systemClock, () => {});
    const certificate = new FileCertificate(paths, { name: 'api', clock: systemClock, log });
    this.server = new GuardedServer({ https: { certificate, minVersion: 'VersionTLS12' } });
    this.server.know('reader', 'list flows shop', 'watch flows shop', 'get /recordmetrics');
  }

  async start(isReady = true): Promise<this> {
    await this.server.start();
    await this.publish(this.ca, isReady);
    return this;
  }

  /** Starts the API server, which publishes these authorities, in place of the one before. */
  async publish(ca: string, isReady = true): Promise<void> {
    await this.#cluster?.[Symbol.asyncDispose]();
    const { port, tokens } = this;
    this.#cluster = await new MadeUpCluster({ ca, tokens, port, isReady }).start();
    writeFileSync(this.directory.file('kubeconfig'), this.#cluster.kubeconfig);
  }

  get port(): number {
    return Number(new URL(this.server.server.url).port);
  }

  /** Paths that the API server was asked for, and the bodies. */
  get asked(): unknown[] {
    return this.#cluster!.asked;
  }

  /** Starts a command of Weir that asks it. */
  weir(...words: readonly string[]): Program {
    const environment = {
      KUBECONFIG: this.directory.file('kubeconfig'),
      WEIR_STATE: this.directory.file('state'),
    };
    return startWeir([...words, '--context', 'production'], { environment });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster?.[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}
