import {
  KubernetesClient,
  type KubernetesObject,
  type ReflectedKind,
  Reflector,
  type ReflectorHandler,
  resourceKinds,
} from '../../src/kubernetes/index.ts';
import { type AccountStatement, Ledger, type Log } from '../../src/runtime/index.ts';
import { accessTo } from './fake-api-server.ts';
import { FakeClock } from './fake-clock.ts';
import { keptLog } from './ipfix.ts';
import { until } from './until.ts';

/** What a reflector of a test keeps of a Pod. */
export interface KeptPod {
  readonly uid: string;
  readonly name: string;
  readonly address: unknown;
}

export const keepPod = ({ metadata, status }: KubernetesObject): KeptPod => ({
  uid: metadata.uid!,
  name: metadata.name!,
  address: (status as { podIP?: string } | undefined)?.podIP,
});

/** Keeps what a reflector tells, and each call in words. */
export class KeptPods implements ReflectorHandler<KeptPod> {
  readonly calls: string[] = [];
  pods = new Map<string, KeptPod>();
  /** Called before each call is obeyed; may throw. */
  before: (call: string) => void = () => {};

  replace(items: Iterable<KeptPod>): void {
    const pods = [...items];
    this.#note(`replace ${pods.length}`);
    this.pods = new Map(pods.map((pod) => [pod.uid, pod]));
  }

  upsert(pod: KeptPod): void {
    this.#note(`upsert ${pod.name}`);
    this.pods.set(pod.uid, pod);
  }

  remove(pod: KeptPod): void {
    this.#note(`remove ${pod.name}`);
    this.pods.delete(pod.uid);
  }

  lack(): void {
    this.#note('lack');
  }

  get names(): string[] {
    return [...this.pods.values()].map(({ name }) => name).sort();
  }

  #note(call: string): void {
    this.before(call);
    this.calls.push(call);
  }
}

/**
 * A reflector of Pods with a clock that stands still: each wait before a restart lasts until a test ends it.
 */
export class ReflectorBed implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly kept = new KeptPods();
  readonly log: Log;
  readonly lines: string[];
  readonly ledger = new Ledger();
  readonly client: KubernetesClient;
  readonly reflector: Reflector<KeptPod>;

  /** @param beside shares its client and log */
  constructor(url: string, kind: Partial<ReflectedKind<KeptPod>> = {}, beside?: ReflectorBed) {
    const { clock, ledger } = this;
    const { log, lines } = beside ?? keptLog(clock);
    this.log = log;
    this.lines = lines;
    this.client = beside?.client ?? new KubernetesClient({ access: accessTo(url), clock, log, ledger });
    this.reflector = new Reflector(
      { kind: resourceKinds.pods, slim: keepPod, ...kind },
      { client: this.client, handler: this.kept, clock, log, ledger },
    );
  }

  /** A reflector of the same client. */
  another(kind: Partial<ReflectedKind<KeptPod>>): ReflectorBed {
    return new ReflectorBed('', kind, this);
  }

  /** Starts, and waits until the handler has had all that exists. */
  static async synced(url: string, kind?: Partial<ReflectedKind<KeptPod>>): Promise<ReflectorBed> {
    const bed = new ReflectorBed(url, kind);
    await bed.reflector.start();
    await until('all that exists', () => bed.reflector.state.isSynced);
    return bed;
  }

  get account(): AccountStatement {
    return this.ledger.toJSON().find(({ name }) => name === this.reflector.name)!;
  }

  /** How often it happened: 'list', 'restart: expired'. */
  count(event: string): number {
    return this.account.events[event] ?? 0;
  }

  /** Waits for the n-th end for a reason, then ends the pause that follows. */
  async restart(reason: string, times = 1): Promise<void> {
    await until(`restart ${times}: ${reason}`, () => this.count(`restart: ${reason}`) >= times);
    this.clock.advance(60_000);
  }

  async knows(...names: string[]): Promise<void> {
    await until(`the Pods ${names}`, () => this.kept.names.join() === names.sort().join());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reflector.stop();
    this.client.close();
  }
}
