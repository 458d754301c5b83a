import type { Template } from './template.ts';

export interface TemplateStoreOptions {
  /** Bound on the fields of all templates together; beyond it new templates are refused. Default 16384. */
  readonly maxFields?: number;
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
 * The templates of one transport session, by observation domain and template id
 * (RFC 7011 section 8: ids mean nothing beyond their session and domain).
 */
export class TemplateStore {
  readonly obeysWithdrawals: boolean;
  readonly #maxFields: number;
  readonly #nowMs: () => number;
  readonly #domains = new Map<number, Map<number, Entry>>();
  #fields = 0;

  constructor(options: TemplateStoreOptions = {}) {
    this.#maxFields = options.maxFields ?? 16_384;
    this.obeysWithdrawals = options.obeysWithdrawals ?? true;
    this.#nowMs = options.nowMs ?? (() => 0);
  }

  get(domain: number, id: number): Template | undefined {
    return this.#domains.get(domain)?.get(id)?.template;
  }

  /**
   * Remembers a template and returns the one to use from now on: the earlier object if it describes the
   * same octets, so that what was compiled for it is found again. `undefined` if the store is full.
   */
  put(domain: number, template: Template): Template | undefined {
    const templates = this.#domains.get(domain) ?? new Map<number, Entry>();
    const entry = templates.get(template.id);
    if (entry?.template.layout === template.layout) {
      entry.receivedMs = this.#nowMs();
      return entry.template;
    }
    this.delete(domain, template.id);
    if (this.#fields + template.fields.length > this.#maxFields) return undefined;
    this.#fields += template.fields.length;
    templates.set(template.id, { template, receivedMs: this.#nowMs() });
    this.#domains.set(domain, templates);
    return template;
  }

  /** Forgets one template; returns it if there was one. */
  delete(domain: number, id: number): Template | undefined {
    const templates = this.#domains.get(domain);
    const entry = templates?.get(id);
    if (templates === undefined || entry === undefined) return undefined;
    templates.delete(id);
    if (templates.size === 0) this.#domains.delete(domain);
    this.#fields -= entry.template.fields.length;
    return entry.template;
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
    return [...this.#domains.values()].reduce((sum, templates) => sum + templates.size, 0);
  }
}
