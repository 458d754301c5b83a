import type { Template } from './template.ts';

export interface TemplateStoreOptions {
  /** Octets that all templates may take together; beyond it new ones are refused. Default 2 MiB. */
  readonly maxOctets?: number;
  /** Is told by how many octets the store has grown, or shrunk. */
  readonly onGrowth?: (octets: number) => void;
  /** Whether a template of so many fields that says something new may be read now. Default: any may. */
  readonly admits?: (fields: number) => boolean;
  /** Whether withdrawals take effect; over UDP they must not (RFC 7011 section 8.4). Default true. */
  readonly obeysWithdrawals?: boolean;
  /** Milliseconds now, needed where templates age (UDP). Default: time stands still. */
  readonly nowMs?: () => number;
}

interface Entry {
  readonly template: Template;
  receivedMs: number;
}

/**
 * What a template takes in memory, on the safe side: of itself, of a field that no registry knows, of a unit
 * of its layout.
 */
const TEMPLATE_OCTETS = 256;
const FIELD_OCTETS = 128;
const LAYOUT_UNIT_OCTETS = 2;

const octetsOf = (fieldCount: number, layout: string): number =>
  TEMPLATE_OCTETS + fieldCount * FIELD_OCTETS + layout.length * LAYOUT_UNIT_OCTETS;

/**
 * The templates of one transport session, by observation domain and template id
 * (RFC 7011 section 8: ids mean nothing beyond their session and domain).
 */
export class TemplateStore {
  readonly obeysWithdrawals: boolean;
  readonly admits: (fields: number) => boolean;
  readonly #maxOctets: number;
  readonly #onGrowth: (octets: number) => void;
  readonly #nowMs: () => number;
  readonly #domains = new Map<number, Map<number, Entry>>();
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

  /** The template is announced again as it is. */
  refresh(domain: number, id: number): void {
    const entry = this.#domains.get(domain)?.get(id);
    if (entry !== undefined) entry.receivedMs = this.#nowMs();
  }

  /**
   * Whether a template that replaces any of this id fits. Ask before its fields are read: thousands are
   * megabytes.
   */
  hasRoomFor(domain: number, id: number, fieldCount: number, layout: string): boolean {
    const replaced = this.get(domain, id);
    const freed = replaced === undefined ? 0 : octetsOf(replaced.fields.length, replaced.layout);
    return this.#octets - freed + octetsOf(fieldCount, layout) <= this.#maxOctets;
  }

  /**
   * Remembers a template that there is room for. Returns the one to use from now on: the earlier object if it
   * describes the same octets, so that what was compiled for it is found again.
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

  /** Forgets one template; returns it if there was one. */
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

  /** Forgets what was not announced again within `lifetimeMs`; returns how many that were. */
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

  /** Templates of all domains together. */
  get size(): number {
    return this.#size;
  }

  #grow(octets: number): void {
    this.#octets += octets;
    this.#onGrowth(octets);
  }
}
