import { type Clock, type Component, type Log, RetryDelay, WeirError } from '../../runtime/index.ts';
import { type RenewalListener, type TlsMaterial, type TlsSource, tlsMaterialOf } from '../../tls/index.ts';
import { type AuthorityState, bundleOf, type SigningPair, signingPair } from './authority-state.ts';
import { aheadFault, leafFault } from './decision.ts';
import type { IdentityStore } from './identity-store.ts';
import { settleIdentity } from './identity-writer.ts';
import { newLeaf } from './made-object.ts';
import { Outage } from './outage.ts';
import { defaultRotationTimes, type RotationTimes } from './rotation-times.ts';

export interface AggregatorIdentityParts {
  readonly store: IdentityStore;
  /** In the certificate of this aggregator; the first names it. */
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** Default: `defaultRotationTimes`. */
  readonly times?: RotationTimes;
}

/** The objects are looked at this often, besides when they change: a clock that was set shows so. */
const LOOK_MS = 600_000;

/**
 * Who an aggregator in a cluster is. It keeps the authority and the certificate of the agents in Secrets, and
 * publishes whom to trust in a ConfigMap. The aggregator's own certificate and key stay in memory.
 */
export class AggregatorIdentity implements Component, TlsSource {
  readonly name = 'certificates';
  readonly #parts: Required<AggregatorIdentityParts>;
  readonly #listeners: RenewalListener[] = [];
  readonly #delay = new RetryDelay(1_000, 60_000);
  readonly #outage: Outage;
  /** Resolves with the first material, or when the start is abandoned. */
  readonly #first = Promise.withResolvers<void>();
  #material: TlsMaterial | undefined;
  #own: SigningPair | undefined;
  #told = '';
  #isStopped = false;
  #work: Promise<void> | undefined;
  #isChanged = false;
  #cancelLooks = () => {};
  #cancelRetry = () => {};
  #cancelWatch = () => {};

  constructor(parts: AggregatorIdentityParts) {
    this.#parts = { times: defaultRotationTimes, ...parts };
    this.#outage = new Outage(parts.clock, parts.log);
  }

  /** Waits for the first certificate, however long the API server is away. */
  async start(): Promise<void> {
    const { clock, store } = this.#parts;
    this.#cancelLooks = clock.every(LOOK_MS, () => this.look());
    this.#cancelWatch = store.watch(['authority', 'bundle', 'client'], () => this.look());
    this.look();
    await this.#first.promise;
  }

  abandonStart(): void {
    this.#first.resolve();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelLooks();
    this.#cancelRetry();
    this.#cancelWatch();
    await this.#work;
  }

  get material(): TlsMaterial {
    if (this.#material !== undefined) return this.#material;
    throw new WeirError('WEIR_IDENTITY_MISSING', `there is no certificate yet: ${this.#outage.text}`);
  }

  get expiryMs(): number | undefined {
    return this.#material?.own?.certificate.validToDate.getTime();
  }

  /** Why nobody can connect, with since when; empty when all is well. */
  get problems(): readonly string[] {
    return this.#material === undefined ? [`no certificate yet: ${this.#outage.text}`] : [];
  }

  async refresh(): Promise<void> {
    void this.material; // it is looked after all the time
  }

  heedRenewal(listener: RenewalListener): void {
    this.#listeners.push(listener);
  }

  /** Brings the objects into order, now or as soon as it is done with that. */
  look(): void {
    if (this.#isStopped) return;
    this.#isChanged = true;
    this.#cancelRetry();
    this.#work ??= this.#workOff().finally(() => {
      this.#work = undefined;
      if (this.#isChanged) this.look();
    });
  }

  async #workOff(): Promise<void> {
    while (this.#isChanged && !this.#isStopped) {
      this.#isChanged = false;
      try {
        const { state, problems } = await settleIdentity(this.#parts);
        this.#tell(problems);
        if (state === undefined) throw new Error(problems[0]);
        await this.#use(state);
        this.#outage.end();
        this.#delay.reset();
      } catch (error) {
        this.#lookLater(error);
      }
    }
  }

  #lookLater(error: unknown): void {
    const delayMs = this.#delay.next();
    const kept =
      this.#material === undefined ? 'there is no certificate yet' : 'the earlier ones stay in use';
    this.#outage.begin(error, `no certificates from the cluster, ${kept}`);
    this.#cancelRetry = this.#parts.clock.after(delayMs, () => this.look());
  }

  /** Works with the authorities from now on. */
  async #use(state: AuthorityState): Promise<void> {
    const { clock, log, names, times } = this.#parts;
    const nowMs = clock.now();
    const own = this.#own?.x509;
    const fault =
      own === undefined ? 'there is none' : (leafFault(own, state, nowMs, times) ?? aheadFault(own, nowMs));
    if (fault !== undefined) {
      this.#own = signingPair(await newLeaf(state, 'aggregator', names, nowMs, times.lifetimeDays));
      const until = this.#own.x509.validToDate.toISOString();
      log.info('certificates', `makes the certificate of this aggregator, valid until ${until}: ${fault}`);
    }
    const ca = bundleOf(state);
    const earlier = this.#material;
    if (fault === undefined && earlier?.ca.toString() === ca) return;
    const { certificate, key } = this.#own!;
    this.#material = tlsMaterialOf({
      ca: partOf(ca, 'ca.crt'),
      own: { cert: partOf(certificate, 'the certificate'), key: partOf(key, 'the key') },
    });
    this.#first.resolve();
    for (const listener of this.#listeners) listener(this.#material, earlier);
  }

  /** Says each set of problems once. */
  #tell(problems: readonly string[]): void {
    const text = problems.join('; ');
    if (text !== '' && text !== this.#told) this.#parts.log.error('certificates', text);
    this.#told = text;
  }
}

const partOf = (text: string, place: string) => ({ octets: Buffer.from(text), place });
