import { hasLists, mayHaveLists, writeRecord } from './made-records.ts';
import {
  anyTemplate,
  describingTemplate,
  flowTemplate,
  type MadeField,
  type MadeProtocol,
  type MadeTemplate,
  optionsTemplate,
  writeTemplate,
} from './made-templates.ts';
import { VARIABLE } from './made-values.ts';
import { MessageOctets, type MessagePart } from './message-octets.ts';
import type { Random } from './random.ts';

/** One record as its reader must find it. */
export interface MadeRecord {
  readonly template: MadeTemplate;
  readonly domain: number;
  /** The texts of its values, in the template's order. */
  readonly values: readonly string[];
}

export interface MadeMessage {
  readonly octets: Uint8Array;
  readonly parts: readonly MessagePart[];
  /** Those that can be read once it has arrived: its own, and those that waited for its templates. */
  readonly records: readonly MadeRecord[];
}

export const messageKinds = [
  'announce',
  'data',
  'options',
  'replace',
  'withdraw',
  'early',
  'describe',
  'empty',
] as const;
export type MessageKind = (typeof messageKinds)[number];

export interface MadeExporterOptions {
  readonly protocol: MadeProtocol;
  /** Over a reliable transport, templates may be withdrawn, and do not come late. */
  readonly isReliable: boolean;
  /** Whether its records are flows and options; else they are of any elements. */
  readonly sendsFlows: boolean;
}

/** What an exporter has announced and sent in one observation domain. */
interface Domain {
  readonly id: number;
  readonly templates: Map<number, MadeTemplate>;
  sequence: number;
}

const MOST_OCTETS = 60_000;
const PRIVATE_ENTERPRISE = 5_610;
/**
 * The types of private elements 1 to 8, with IANA's numbers of the types (RFC 5610 section 3.1), and their
 * octets.
 */
const privateTypes = [
  [3, 'unsigned32', 4],
  [13, 'string', 20],
  [18, 'ipv4Address', 4],
  [11, 'boolean', 1],
  [12, 'macAddress', 6],
  [0, 'octetArray', 9],
  [15, 'dateTimeMilliseconds', 8],
  [7, 'signed32', 4],
] as const;

/** Makes the messages of one session, octet by octet, and knows what a collector must read in them. */
export class MadeExporter {
  readonly #options: MadeExporterOptions;
  readonly #domains: readonly Domain[] = [7, 8].map((id) => ({ id, templates: new Map(), sequence: 0 }));
  #nextTemplateId = 256;
  /** Records that wait for their template. */
  #early: { domain: Domain; template: MadeTemplate; records: readonly MadeRecord[] } | undefined;
  readonly #described = new Set<number>();
  #describes: boolean;
  // The message under construction:
  #octets = new MessageOctets();
  #records: MadeRecord[] = [];
  #dataRecords = 0;
  #templates = 0;

  constructor(options: MadeExporterOptions) {
    this.#options = options;
    this.#describes = options.protocol === 'ipfix' && !options.sendsFlows;
  }

  /**
   * Something that it sent was lost or changed. The next records come with templates of their own, and with
   * no elements that it has described.
   */
  beginAnew(): void {
    for (const { templates } of this.#domains) templates.clear();
    this.#early = undefined;
    this.#describes = false;
  }

  /** Forgets records that wait for their template, since a collector has given them up. */
  forgetEarly(): void {
    if (this.#early !== undefined) this.#early = { ...this.#early, records: [] };
  }

  /** @param seconds the export time, since 1970 */
  make(kind: MessageKind, random: Random, seconds: number, uptimeMs = 1_000_000): MadeMessage {
    const early = this.#early;
    this.#early = undefined;
    const domain = early?.domain ?? random.of(this.#domains);
    const { protocol } = this.#options;
    const headerOctets = this.#begin(domain, seconds, uptimeMs);
    if (early !== undefined) {
      this.#announce(domain, [early.template]);
      this.#records.push(...early.records);
    }
    // One message with two templates of one id would leave open which of them the records waited for.
    this.#fill(early !== undefined && kind === 'replace' ? 'data' : kind, domain, random);
    if (protocol === 'ipfix') {
      this.#octets.patch16(2, this.#octets.length);
      domain.sequence += this.#dataRecords;
    } else {
      this.#octets.patch16(2, Math.max(1, this.#dataRecords + this.#templates));
      domain.sequence++;
    }
    if (protocol === 'netflow-v9' && this.#octets.length === headerOctets) this.#set(0, new MessageOctets());
    const { octets, parts } = this.#octets;
    return { octets, parts, records: this.#records };
  }

  #begin({ id, sequence }: Domain, seconds: number, uptimeMs: number): number {
    this.#octets = new MessageOctets();
    this.#records = [];
    this.#dataRecords = 0;
    this.#templates = 0;
    const into = this.#octets;
    if (this.#options.protocol === 'ipfix') into.number('version', 2, 10).number('length', 2, 0);
    else into.number('version', 2, 9).number('length', 2, 0).number('time', 4, uptimeMs);
    into.number('time', 4, seconds).number('sequence', 4, sequence).number('domain', 4, id);
    return into.length;
  }

  #fill(kind: MessageKind, domain: Domain, random: Random): void {
    const { protocol, isReliable } = this.#options;
    if (kind === 'empty') return;
    if (kind === 'announce') this.#announce(domain, this.#newTemplates(domain, random));
    if (kind === 'options') this.#announce(domain, [optionsTemplate(this.#newId(), protocol, random)]);
    if (kind === 'replace') this.#replace(domain, random);
    if (kind === 'withdraw' && isReliable) this.#withdraw(domain, random);
    if (kind === 'early' && !isReliable) this.#sendEarly(domain, random);
    if (kind === 'describe' && this.#describes) this.#describe(domain, random);
    if (kind !== 'announce' || random.isOneIn(2)) this.#data(domain, random);
  }

  #newId(): number {
    return this.#nextTemplateId++;
  }

  #newTemplate(domain: Domain, id: number, random: Random): MadeTemplate {
    const { protocol, sendsFlows } = this.#options;
    const template = (sendsFlows ? flowTemplate : anyTemplate)(id, protocol, random);
    if (mayHaveLists([...domain.templates.values()].filter(({ scope }) => scope === 0))) return template;
    const fields = template.fields.filter(({ type }) => !type.endsWith('List'));
    return fields.length > 0 ? { ...template, fields } : flowTemplate(id, 'netflow-v9', random);
  }

  #keep(domain: Domain, template: MadeTemplate): MadeTemplate {
    domain.templates.set(template.id, template);
    return template;
  }

  #newTemplates(domain: Domain, random: Random): MadeTemplate[] {
    const templates = Array.from({ length: random.between(1, 3) }, () =>
      this.#keep(domain, this.#newTemplate(domain, this.#newId(), random)),
    );
    const known = [...domain.templates.values()];
    if (random.isOneIn(3)) templates.push(random.of(known)); // once more
    return templates;
  }

  #replace(domain: Domain, random: Random): void {
    const ids = [...domain.templates.values()].filter(({ scope }) => scope === 0).map(({ id }) => id);
    if (ids.length === 0) return;
    const id = random.of(ids);
    if (this.#options.isReliable) this.#withdrawOne(domain, id);
    domain.templates.delete(id);
    this.#announce(domain, [this.#newTemplate(domain, id, random)]);
  }

  /** RFC 7011 section 8.1: one template, or all of one kind. */
  #withdraw(domain: Domain, random: Random): void {
    const known = [...domain.templates.values()];
    if (known.length === 0) return;
    if (!random.isOneIn(3)) {
      this.#withdrawOne(domain, random.of(known).id);
      return;
    }
    const setId = random.of([2, 3]);
    this.#set(setId, new MessageOctets().number('template id', 2, setId).number('field count', 2, 0));
    for (const { id, scope } of known) if (scope > 0 === (setId === 3)) domain.templates.delete(id);
  }

  #withdrawOne(domain: Domain, id: number): void {
    const { scope } = domain.templates.get(id)!;
    domain.templates.delete(id);
    this.#set(
      scope > 0 ? 3 : 2,
      new MessageOctets().number('template id', 2, id).number('field count', 2, 0),
    );
  }

  #announce(domain: Domain, templates: readonly MadeTemplate[]): void {
    const isV9 = this.#options.protocol === 'netflow-v9';
    for (const isOptions of [false, true]) {
      const some = templates.filter(({ scope }) => scope > 0 === isOptions);
      if (some.length === 0) continue;
      const content = new MessageOctets();
      for (const template of some) {
        writeTemplate(content, template, this.#options.protocol);
        domain.templates.set(template.id, template);
      }
      this.#templates += some.length;
      this.#set(isV9 ? Number(isOptions) : isOptions ? 3 : 2, content);
    }
  }

  /** A few sets of known templates. */
  #data(domain: Domain, random: Random): void {
    const known = [...domain.templates.values()];
    if (known.length === 0) return;
    for (let sets = random.between(1, 3); sets > 0; sets--) this.#dataSet(domain, random.of(known), random);
  }

  #dataSet(domain: Domain, template: MadeTemplate, random: Random): MadeRecord[] {
    const inLists = [...domain.templates.values()].filter(({ scope }) => scope === 0);
    if (hasLists(template.fields) && !mayHaveLists(inLists)) return [];
    const content = new MessageOctets();
    const records = Array.from({ length: random.between(1, 8) }, () => ({
      template,
      domain: domain.id,
      values: writeRecord(content, template, inLists, random),
    }));
    if (this.#octets.length + content.length > MOST_OCTETS) return [];
    const least = template.fields.reduce((sum, { length }) => sum + (length === VARIABLE ? 1 : length), 0);
    content.putRaw(new Uint8Array(random.below(Math.min(4, least))));
    this.#set(template.id, content);
    this.#records.push(...records);
    this.#dataRecords += records.length;
    return records;
  }

  /** Records whose template comes with the next message. */
  #sendEarly(domain: Domain, random: Random): void {
    const { protocol, sendsFlows } = this.#options;
    const made = (sendsFlows ? flowTemplate : anyTemplate)(this.#newId(), protocol, random);
    const fields = made.fields.filter(({ type }) => !type.endsWith('List'));
    if (fields.length === 0) return;
    const template = { ...made, fields };
    const records = this.#dataSet(domain, template, random);
    this.#records = this.#records.filter((record) => !records.includes(record));
    this.#early = { domain, template, records };
  }

  /**
   * Describes a private element, and sends values of it: octets before the description, typed ones after it.
   */
  #describe(domain: Domain, random: Random): void {
    const describing = this.#keep(domain, describingTemplate(this.#newId()));
    const id = random.between(1, privateTypes.length);
    const [number, type, length] = privateTypes[id - 1]!;
    const templateId = this.#newId();
    const template = (isDescribed: boolean): MadeTemplate => {
      const field: MadeField = {
        enterprise: PRIVATE_ENTERPRISE,
        id,
        type: isDescribed ? type : 'octetArray',
        length,
      };
      return { id: templateId, scope: 0, fields: [field] };
    };
    const isKnown = this.#described.has(id);
    this.#announce(domain, [template(isKnown), describing]);
    this.#dataSet(domain, template(isKnown), random);
    const content = new MessageOctets();
    content.number('value', 4, PRIVATE_ENTERPRISE).number('value', 2, id).number('value', 1, number);
    const name = Buffer.from(`private${id}`);
    content.number('value length', 1, name.length).put('value', name);
    this.#set(describing.id, content);
    const values = [String(PRIVATE_ENTERPRISE), String(id), String(number), JSON.stringify(`private${id}`)];
    this.#records.push({ template: describing, domain: domain.id, values });
    this.#dataRecords++;
    this.#described.add(id);
    this.#dataSet(domain, template(true), random);
    // Others must not pick them: their type depends on the description.
    domain.templates.delete(templateId);
    domain.templates.delete(describing.id);
  }

  #set(id: number, content: MessageOctets): void {
    this.#octets
      .number('set id', 2, id)
      .number('set length', 2, content.length + 4)
      .append(content);
  }
}
