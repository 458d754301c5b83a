import { type Clock, type Component, type Log, WeirError, withDeadline } from '../../runtime/index.ts';
import {
  type PemPart,
  type RenewalListener,
  renewalFault,
  type TlsMaterial,
  type TlsSource,
  tlsMaterialOf,
} from '../../tls/index.ts';
import {
  dataKeys,
  type IdentityData,
  type IdentityRole,
  type IdentityStore,
  objectText,
} from './identity-store.ts';
import { Outage } from './outage.ts';

export interface AgentIdentityParts {
  /** In the namespace of the aggregator. */
  readonly store: Omit<IdentityStore, 'write'>;
  readonly clock: Clock;
  readonly log: Log;
}

const AGGREGATOR_MAKES =
  'The aggregator makes it when it starts. Look whether it runs there, and at its log.';

/** A connection does not wait longer for an answer. */
const READ_MS = 10_000;

/**
 * Who an agent in a cluster is, and whom it trusts: what its aggregator keeps in a Secret and a ConfigMap. It
 * reads them at each connection and when they change, into memory only. While nobody answers, it uses what it
 * has. /
 */
export class AgentIdentity implements Component, TlsSource {
  readonly name = 'certificates';
  readonly #parts: AgentIdentityParts;
  readonly #outage: Outage;
  readonly #listeners: RenewalListener[] = [];
  #material: TlsMaterial | undefined;
  /** The texts of the material. */
  #texts = '';
  #reading: Promise<void> | undefined;
  #cancelWatch = () => {};

  constructor(parts: AgentIdentityParts) {
    this.#parts = parts;
    this.#outage = new Outage(parts.clock, parts.log);
  }

  async start(): Promise<void> {
    const readAgain = () => void this.refresh().catch(() => {}); // the outage has told it
    this.#cancelWatch = this.#parts.store.watch(['bundle', 'client'], readAgain);
  }

  async stop(): Promise<void> {
    this.#cancelWatch();
  }

  get material(): TlsMaterial {
    if (this.#material !== undefined) return this.#material;
    throw new WeirError('WEIR_IDENTITY_MISSING', `there is no certificate yet: ${this.#outage.text}`);
  }

  get expiryMs(): number | undefined {
    return this.#material?.own?.certificate.validToDate.getTime();
  }

  async refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  heedRenewal(listener: RenewalListener): void {
    this.#listeners.push(listener);
  }

  async #read(): Promise<void> {
    const { clock } = this.#parts;
    try {
      const texts = await withDeadline(clock, this.#readTexts(), READ_MS);
      this.#learn(texts);
      this.#outage.end();
    } catch (error) {
      const kept = this.#material === undefined ? 'there are none yet' : 'the earlier ones stay in use';
      this.#outage.begin(error, `no certificates from the cluster, ${kept}`);
      if (this.#material === undefined) throw error;
    }
  }

  async #readTexts(): Promise<Texts> {
    const [bundle, client] = await Promise.all([this.#dataOf('bundle'), this.#dataOf('client')]);
    return {
      ca: this.#partOf('bundle', bundle, dataKeys.authorities),
      cert: this.#partOf('client', client, dataKeys.certificate),
      key: this.#partOf('client', client, dataKeys.key),
    };
  }

  async #dataOf(role: IdentityRole): Promise<IdentityData> {
    const { store } = this.#parts;
    const found = await store.read(role);
    if (found !== undefined) return found.data;
    throw new WeirError('WEIR_IDENTITY_MISSING', `there is no ${objectText(role, store.namespace)}`, {
      remedy: AGGREGATOR_MAKES,
    });
  }

  #partOf(role: IdentityRole, data: IdentityData, key: string): PemPart {
    const place = `${key} of ${objectText(role, this.#parts.store.namespace)}`;
    const text = data[key];
    if (text === undefined)
      throw new WeirError('WEIR_IDENTITY_MISSING', `there is no ${place}`, { remedy: AGGREGATOR_MAKES });
    return { octets: Buffer.from(text), place };
  }

  #learn({ ca, cert, key }: Texts): void {
    const texts = [ca, cert, key].map(({ octets }) => octets.toString()).join('\n');
    if (texts === this.#texts) return;
    const earlier = this.#material;
    const material = tlsMaterialOf({ ca, own: { cert, key } });
    const fault = earlier && renewalFault(material, earlier, this.#parts.clock.now());
    if (fault !== undefined) throw new Error(`${cert.place}: ${fault}`);
    this.#material = material;
    this.#texts = texts;
    const until = material.own?.certificate.validToDate.toISOString();
    this.#parts.log.info(this.name, `has certificates from the cluster, valid until ${until}`);
    for (const listener of this.#listeners) listener(material, earlier);
  }
}

interface Texts {
  readonly ca: PemPart;
  readonly cert: PemPart;
  readonly key: PemPart;
}
