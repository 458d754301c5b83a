import { type Account, type Clock, hashOfText, type Log } from '../../runtime/index.ts';
import { type MeteringState, meteringStateRecord } from '../metering-state.ts';
import { optionsTemplates } from '../options-templates.ts';
import { type DataRecord, MessageWriter, type Template } from '../wire/index.ts';
import { elementTypesOf, flowKeysOf } from './template-descriptions.ts';
import { UnsentTraffic } from './unsent-traffic.ts';

export interface OptionsRecordsSettings {
  readonly statisticsIntervalMs: number;
  /** Packets that the Metering Process did not process, in all; undefined where that is unknown. */
  readonly ignoredPackets?: () => number | undefined;
  /** What the Metering Process says of itself. */
  readonly meteringState?: () => MeteringState;
}

export interface OptionsRecordsParts {
  readonly observationDomainId: number;
  /** Of the Exporting Process. */
  readonly account: Account;
  readonly clock: Clock;
  readonly log: Log;
}

/** A session that lasts this long after its options templates shows that the collector accepts them. */
const ACCEPTED_MS = 2_000;
/** Sessions in a row that the collector ends sooner, until it is taken for one that does not. */
const REFUSALS = 2;

/**
 * What an Exporting Process says of itself and of its templates (RFC 7011 section 4, RFC 5610), to one
 * collector. A collector that ends sessions when it receives options templates gets none after two attempts.
 */
export class OptionsRecords {
  readonly templates: readonly Template[] = Object.values(optionsTemplates);
  readonly unsent = new UnsentTraffic();
  readonly #settings: OptionsRecordsSettings;
  readonly #parts: OptionsRecordsParts;
  /** When the totals began, in milliseconds since 1970. */
  readonly #initTimeMs: number;
  /** Messages of all kinds that the operating system has taken, and their octets. */
  #messages = 0;
  #octets = 0;
  #refusals = 0;

  constructor(settings: OptionsRecordsSettings, parts: OptionsRecordsParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#initTimeMs = Math.floor(parts.clock.now());
  }

  get statisticsIntervalMs(): number {
    return this.#settings.statisticsIntervalMs;
  }

  /** A message has left. */
  noteMessage(octets: number): void {
    this.#messages++;
    this.#octets += octets;
  }

  get areRefused(): boolean {
    return this.#refusals >= REFUSALS;
  }

  /** @param ageMs of a session at its end, since its options templates; only if the collector ended it */
  noteSessionEnd(ageMs: number): void {
    this.#refusals = ageMs < ACCEPTED_MS ? this.#refusals + 1 : 0;
    if (this.#refusals !== REFUSALS) return;
    const { account, log } = this.#parts;
    account.note('options records refused');
    const text = 'the collector ends sessions that begin with options templates: it gets none from now on';
    log.warn(account.name, `${text}. Set optionsRecords to false for it`);
  }

  /** The flow keys of flow templates, and the types of their enterprise elements. */
  describe(templates: readonly Template[]): DataRecord[] {
    const types = new Map(
      templates.flatMap(elementTypesOf).map((record) => [record.values.slice(0, 2).join(), record]),
    );
    return [...templates.map(flowKeysOf), ...types.values()];
  }

  /** Totals of the Exporting Process since it began. */
  statistics(): DataRecord[] {
    const { observationDomainId: domain, account } = this.#parts;
    const { packets, octets } = this.unsent;
    const { meteringStatistics, meteringLosses, exportingLosses } = optionsTemplates;
    const initTimeMs = this.#initTimeMs;
    const exported = [this.#messages, account.sent, this.#octets];
    const unsent = [account.totalDropped, packets, octets, initTimeMs];
    const records: DataRecord[] = [
      { template: meteringStatistics, values: [domain, ...exported] },
      { template: exportingLosses, values: [hashOfText(account.name), ...unsent] },
    ];
    const ignoredPackets = this.#settings.ignoredPackets?.();
    if (ignoredPackets !== undefined)
      records.push({ template: meteringLosses, values: [domain, ignoredPackets, initTimeMs] });
    const state = this.#settings.meteringState?.();
    if (state !== undefined) records.push(meteringStateRecord(domain, state, initTimeMs));
    return records;
  }
}

/**
 * Packs records into messages with one set each: some collectors read only the first set of a message. A
 * record that fits into no message is left out; none is, where a path carries 512 octets.
 */
export function* packRecords(
  records: readonly DataRecord[],
  domain: number,
  maxOctets: number,
): Generator<{ readonly octets: Uint8Array; readonly records: number }> {
  const writer = new MessageWriter(maxOctets);
  for (const group of Map.groupBy(records, (record) => record.template).values()) {
    for (let at = 0; at < group.length; ) {
      writer.start({ domain, sequenceNumber: 0, exportTimeSeconds: 0 });
      const from = at;
      while (at < group.length && writer.writeRecord(group[at]!)) at++;
      if (at > from) yield { octets: writer.finish().slice(), records: at - from };
      else at++;
    }
  }
}
