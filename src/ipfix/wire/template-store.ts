import { elementKey, elementOf, type InformationElement, knownElement } from './information-element.ts';
import { createTemplate, type Template } from './template.ts';

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
  readonly #domains = new Map<number, Map<number, Entry>>();
  /** Elements that no registry has and the exporter has described, by `elementKey`. */
  readonly #elements = new Map<number, InformationElement>();
  #octets = 0;
  #size = 0;

  constructor(options: TemplateStoreOptions = {}) {
    this.#maxOctets = options.maxOctets ?? 2 * 1024 * 1024;
    this.#onGrowth = options.onGrowth ?? (() => {});
    this.admits = options.admits ?? (() => true);
    this.obeysWithdrawals = options.obeysWithdrawals ?? true;
    this.#nowMs = options.nowMs ?? (() => 0);
  }

  get(domain: number, id: number): Template | undefined {
    return this.#domains.get(domain)?.get(id)?.template;
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
   * Takes the exporter's description of an element, also for the templates that have arrived before it. The
   * first one stays: changing all templates again and again would be work for anybody to cause.
   */
  learn(element: InformationElement): void {
    const key = elementKey(element.enterprise, element.id);
    const isFull = this.#elements.size >= MAX_ELEMENTS || this.#octets + ELEMENT_OCTETS > this.#maxOctets;
    if (this.#elements.has(key) || isFull) return;
    this.#elements.set(key, element);
    this.#grow(ELEMENT_OCTETS);
    for (const templates of this.#domains.values()) {
      for (const entry of templates.values()) entry.template = withElement(entry.template, element);
    }
  }

  /** The template was announced again unchanged. */
  refresh(domain: number, id: number): void {
    const entry = this.#domains.get(domain)?.get(id);
    if (entry !== undefined) entry.receivedMs = this.#nowMs();
  }

  /**
   * Whether a template fits that replaces any of this id. Call before reading its fields: thousands are
   * megabytes.
   */
  hasRoomFor(domain: number, id: number, fieldCount: number, layout: string): boolean {
    const replaced = this.get(domain, id);
    const freed = replaced === undefined ? 0 : octetsOf(replaced.fields.length, replaced.layout);
    return this.#octets - freed + octetsOf(fieldCount, layout) <= this.#maxOctets;
  }

  /**
   * Stores a template for which there is room. Returns the one to use from now on: the earlier object if it
   * describes the same octets, so that its compiled reader is found again.
   */
  put(domain: number, template: Template): Template {
    const templates = this.#domains.get(domain) ?? new Map<number, Entry>();
    const entry = templates.get(template.id);
    if (entry?.template.layout === template.layout) {
      entry.receivedMs = this.#nowMs();
      return entry.template;
    }
    this.delete(domain, template.id);
    this.#size++;
    templates.set(template.id, { template, receivedMs: this.#nowMs() });
    this.#domains.set(domain, templates);
    this.#grow(octetsOf(template.fields.length, template.layout));
    return template;
  }

  /** Removes one template; returns it if there was one. */
  delete(domain: number, id: number): Template | undefined {
    const templates = this.#domains.get(domain);
    const entry = templates?.get(id);
    if (templates === undefined || entry === undefined) return undefined;
    templates.delete(id);
    if (templates.size === 0) this.#domains.delete(domain);
    this.#size--;
    const { template } = entry;
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
    for (const entry of this.#domains.get(domain)?.values() ?? []) yield entry.template;
  }

  /** Number of templates in all domains. */
  get size(): number {
    return this.#size;
  }

  #grow(octets: number): void {
    this.#octets += octets;
    this.#onGrowth(octets);
  }
}

/** The template with the new description of an element; itself if it lacks the element. */
function withElement(template: Template, element: InformationElement): Template {
  const isIt = (other: InformationElement) =>
    other.enterprise === element.enterprise && other.id === element.id;
  if (!template.fields.some((field) => isIt(field.element))) return template;
  const fields = template.fields.map((field) => (isIt(field.element) ? { ...field, element } : field));
  return createTemplate(template.id, fields, template.scopeFieldCount);
}
