import { elementKey, elementOf, type InformationElement, knownElement } from './information-element.ts';
import { SlotMap } from './slot-map.ts';
import type { Template, TemplateField } from './template.ts';

export interface TemplateStoreOptions {
  /** Maximum octets of all templates; beyond it, new ones are refused. Default 2 MiB. */
  readonly maxOctets?: number;
  /** Called with the growth of the store in octets; negative when it shrinks. */
  readonly onGrowth?: (octets: number) => void;
  /** Whether a new template with this many fields may be read now. Default: always. */
  readonly admits?: (fields: number) => boolean;
  /** Whether withdrawals take effect; over UDP they must not (RFC 7011 section 8.4). Default true. */
  readonly obeysWithdrawals?: boolean;
  /** Current time in milliseconds, needed when templates expire (UDP). Default: time stands still. */
  readonly nowMs?: () => number;
}

interface Entry {
  template: Template;
  receivedMs: number;
  /** How many of the learned elements its fields have. */
  learned: number;
}

/** The templates of one observation domain, by kind and id. */
class DomainTemplates {
  readonly options = new SlotMap<Entry>();
  readonly others = new SlotMap<Entry>();

  get(id: number): Entry | undefined {
    return this.others.get(id) ?? this.options.get(id);
  }

  ofKind(isOptions: boolean): SlotMap<Entry> {
    return isOptions ? this.options : this.others;
  }

  *[Symbol.iterator](): Generator<[number, Entry]> {
    yield* this.others;
    yield* this.options;
  }
}

/** Upper bounds of the memory of a template, of a field that no registry has, and of a unit of its layout. */
const TEMPLATE_OCTETS = 256;
const FIELD_OCTETS = 128;
const LAYOUT_UNIT_OCTETS = 2;
/** Upper bound of the memory of a learned element, and their maximum number. */
const ELEMENT_OCTETS = 512;
const MAX_ELEMENTS = 512;

const octetsOf = (fieldCount: number, layout: string): number =>
  TEMPLATE_OCTETS + fieldCount * FIELD_OCTETS + layout.length * LAYOUT_UNIT_OCTETS;

/**
 * The templates of one transport session, by observation domain and template id (RFC 7011 section 8: ids are
 * valid only within their session and domain).
 */
export class TemplateStore {
  readonly obeysWithdrawals: boolean;
  readonly admits: (fields: number) => boolean;
  readonly #maxOctets: number;
  readonly #onGrowth: (octets: number) => void;
  readonly #nowMs: () => number;
  readonly #domains = new SlotMap<DomainTemplates>();
  /** Elements that no registry has and the exporter has described, by `elementKey`. */
  readonly #elements = new Map<number, InformationElement>();
  /** The entry that was found last: the messages of a session mostly have records of one template. */
  #found: Entry | undefined;
  #foundDomain = 0;
  #foundId = 0;
  /** Their number. Each message asks for it, and this object is in the cache then. */
  #learned = 0;
  #octets = 0;
  #size = 0;
  #changes = 0;
  #refreshes = 0;

  constructor(options: TemplateStoreOptions = {}) {
    this.#maxOctets = options.maxOctets ?? 2 * 1024 * 1024;
    this.#onGrowth = options.onGrowth ?? (() => {});
    this.admits = options.admits ?? (() => true);
    this.obeysWithdrawals = options.obeysWithdrawals ?? true;
    this.#nowMs = options.nowMs ?? (() => 0);
  }

  get(domain: number, id: number): Template | undefined {
    const entry = this.#entryOf(domain, id);
    return entry === undefined ? undefined : this.#currentOf(entry);
  }

  /** The element as a registry knows it, or as the exporter has described it. */
  elementOf(enterprise: number, id: number): InformationElement {
    return (
      knownElement(enterprise, id) ??
      this.#elements.get(elementKey(enterprise, id)) ??
      elementOf(enterprise, id)
    );
  }

  /**
   * Takes the exporter's description of an element, also for the templates that have arrived before it: each
   * changes when it is next used. The first description stays, so that nobody can change templates for ever.
   */
  learn(element: InformationElement): void {
    const key = elementKey(element.enterprise, element.id);
    const isFull = this.#learned >= MAX_ELEMENTS || this.#octets + ELEMENT_OCTETS > this.#maxOctets;
    if (this.#elements.has(key) || isFull) return;
    this.#elements.set(key, element);
    this.#learned++;
    this.#grow(ELEMENT_OCTETS);
  }

  /** The template was announced again unchanged. */
  refresh(domain: number, id: number): void {
    const entry = this.#entryOf(domain, id);
    if (entry === undefined) return;
    entry.receivedMs = this.#nowMs();
    this.#refreshes++;
  }

  /**
   * Whether a template fits that replaces any of this id. Call before reading its fields: thousands are
   * megabytes.
   */
  hasRoomFor(domain: number, id: number, fieldCount: number, layout: string): boolean {
    const replaced = this.#entryOf(domain, id)?.template;
    const freed = replaced === undefined ? 0 : octetsOf(replaced.fields.length, replaced.layout);
    return this.#octets - freed + octetsOf(fieldCount, layout) <= this.#maxOctets;
  }

  /**
   * Stores a template for which there is room. Returns the one to use from now on: the earlier object if it
   * describes the same octets, so that its compiled reader is found again.
   * @param receivedMs when it was received; default now
   */
  put(domain: number, template: Template, receivedMs: number = this.#nowMs()): Template {
    const entry = this.#entryOf(domain, template.id);
    if (entry?.template.layout === template.layout) {
      entry.receivedMs = receivedMs;
      this.#refreshes++;
      return this.#currentOf(entry);
    }
    this.delete(domain, template.id);
    const templates = this.#domains.get(domain) ?? new DomainTemplates();
    this.#size++;
    this.#changes++;
    const stored = { template, receivedMs, learned: this.#learned };
    templates.ofKind(template.scopeFieldCount > 0).set(template.id, stored);
    this.#domains.set(domain, templates);
    this.#grow(octetsOf(template.fields.length, template.layout));
    return template;
  }

  /** Removes one template; returns it if there was one. */
  delete(domain: number, id: number): Template | undefined {
    const templates = this.#domains.get(domain);
    const template = templates?.get(id)?.template;
    if (templates === undefined || template === undefined) return undefined;
    templates.ofKind(template.scopeFieldCount > 0).delete(id);
    if (templates.options.size + templates.others.size === 0) this.#domains.delete(domain);
    this.#found = undefined;
    this.#size--;
    this.#changes++;
    this.#grow(-octetsOf(template.fields.length, template.layout));
    return template;
  }

  /** Removes templates that were not announced again within `lifetimeMs`; returns their number. */
  expire(lifetimeMs: number): number {
    const oldestMs = this.#nowMs() - lifetimeMs;
    let expired = 0;
    for (const [domain, templates] of this.#domains) {
      for (const [id, entry] of templates) {
        if (entry.receivedMs < oldestMs && this.delete(domain, id) !== undefined) expired++;
      }
    }
    return expired;
  }

  /** The templates of one domain. */
  *templatesOf(domain: number): Generator<Template> {
    for (const [, entry] of this.#domains.get(domain) ?? []) yield this.#currentOf(entry);
  }

  /** The domains with templates. */
  get domains(): Iterable<number> {
    return [...this.#domains].map(([domain]) => domain);
  }

  /** When a template was received last, by `nowMs`; undefined without it. */
  receivedMs(domain: number, id: number): number | undefined {
    return this.#entryOf(domain, id)?.receivedMs;
  }

  /** How often templates have come, changed and gone; and how often they have come again unchanged. */
  get changes(): number {
    return this.#changes;
  }

  get refreshes(): number {
    return this.#refreshes;
  }

  /** The ids of one domain's options templates, or of its others. */
  idsOfKind(domain: number, isOptions: boolean): number[] {
    return [...(this.#domains.get(domain)?.ofKind(isOptions) ?? [])].map(([id]) => id);
  }

  /** Number of templates in all domains. */
  get size(): number {
    return this.#size;
  }

  #entryOf(domain: number, id: number): Entry | undefined {
    if (this.#found !== undefined && this.#foundId === id && this.#foundDomain === domain) return this.#found;
    this.#found = this.#domains.get(domain)?.get(id);
    this.#foundDomain = domain;
    this.#foundId = id;
    return this.#found;
  }

  /** The template with all elements that were learned since it was last used. */
  #currentOf(entry: Entry): Template {
    if (entry.learned === this.#learned) return entry.template;
    entry.learned = this.#learned;
    const currentOf = ({ element }: TemplateField) =>
      this.#elements.get(elementKey(element.enterprise, element.id)) ?? element;
    const { template } = entry;
    if (template.fields.some((field) => currentOf(field) !== field.element)) {
      const fields = template.fields.map((field) => ({ ...field, element: currentOf(field) }));
      entry.template = { ...template, fields };
    }
    return entry.template;
  }

  #grow(octets: number): void {
    this.#octets += octets;
    this.#onGrowth(octets);
  }
}
