import { type Clock, defaultsOf } from '../../runtime/index.ts';
import type { FlowTemplates } from '../flow-mapping.ts';
import type { Template } from '../wire/index.ts';
import { exportingOptions } from './options.ts';

const byDefault = defaultsOf(exportingOptions);

/**
 * When templates are sent again over a transport that can lose them; whichever comes first. Defaults are
 * those of `exportingOptions`.
 */
export interface TemplateRefresh {
  readonly everyMs?: number | undefined;
  /** Messages of records between two. */
  readonly everyMessages?: number | undefined;
}

/**
 * Delay between a template and its first records over UDP, and between options templates and records. The
 * template arrives and is read before them, and the other host can refuse it instead of records.
 */
const SETTLE_MS = 100;
/**
 * A new template is sent again after these delays: its datagram may be lost, or the collector just starting.
 */
const REPEATS_MS = [1_000, 10_000];

export interface TemplateAnnouncerOptions {
  readonly clock: Clock;
  readonly templates: Pick<FlowTemplates, 'defined'>;
  /** Announced at the start of the session, with the first templates. */
  readonly optionsTemplates: readonly Template[];
  /** Whether a template that was sent arrives before later messages. */
  readonly isReliable: boolean;
  readonly refresh: TemplateRefresh;
  readonly write: (template: Template) => void;
  /** Sends what is said about flow templates in options records; they have been sent long enough ago. */
  readonly describe: (templates: readonly Template[]) => void;
  /**
   * Over UDP, sends a datagram that the other host can refuse. Needed where no templates precede records.
   */
  readonly probe: () => void;
  readonly settled: () => void;
}

/** Which templates a session has announced, and when they are sent again (RFC 7011 sections 8.1 and 8.4). */
export class TemplateAnnouncer {
  readonly #options: TemplateAnnouncerOptions;
  readonly #announced = new Set<Template>();
  /** Flow templates that `describe` has not got. */
  #undescribed: Template[] = [];
  #cancelTimers: (() => void)[] = [];
  #cancelRepeats: (() => void)[] = [];
  #cancelSettling: (() => void) | undefined;
  #messages = 0;

  constructor(options: TemplateAnnouncerOptions) {
    this.#options = options;
  }

  /** Whether records wait for their template to arrive. */
  get isSettling(): boolean {
    return this.#cancelSettling !== undefined;
  }

  start(): void {
    const { clock, isReliable, optionsTemplates, refresh } = this.#options;
    this.#announceNew(optionsTemplates);
    if (isReliable) return;
    this.#cancelTimers.push(
      clock.every(refresh.everyMs ?? byDefault.templateRefreshTimeout, () => this.#announceAll()),
    );
  }

  /** Whether records of the template may leave now; if not, `settled` will be called. */
  isReady(template: Template): boolean {
    if (!this.#announced.has(template)) this.#announceNew();
    return !this.isSettling;
  }

  /** A message of records has left. */
  noteMessage(): void {
    const { isReliable, refresh } = this.#options;
    this.#messages++;
    if (!isReliable && this.#messages >= (refresh.everyMessages ?? byDefault.templateRefreshMessages))
      this.#announceAll();
  }

  /** Call after withdrawing all. */
  forget(): void {
    this.#announced.clear();
  }

  end(): void {
    for (const cancel of [...this.#cancelTimers, ...this.#cancelRepeats]) cancel();
    this.#cancelSettling?.();
    this.#cancelSettling = undefined;
  }

  /** Announces all that are defined now, and others: they settle together. */
  #announceNew(others: readonly Template[] = []): void {
    const { clock, templates, isReliable, probe } = this.#options;
    const defined = Array.from(templates.defined, ({ template }) => template);
    const fresh = defined.filter((template) => !this.#announced.has(template));
    this.#undescribed.push(...fresh);
    for (const template of [...fresh, ...others]) {
      this.#announced.add(template);
      this.#options.write(template);
    }
    if (isReliable) {
      // A collector that does not accept options templates ends the session before it has any records.
      if (others.length > 0) this.#settle();
      else this.#describeNew();
      return;
    }
    probe();
    this.#settle();
    for (const cancel of this.#cancelRepeats) cancel();
    this.#cancelRepeats = REPEATS_MS.map((delayMs) => clock.after(delayMs, () => this.#announceAll()));
  }

  #settle(): void {
    this.#cancelSettling?.();
    this.#cancelSettling = this.#options.clock.after(SETTLE_MS, () => {
      this.#cancelSettling = undefined;
      this.#describeNew();
      this.#options.settled();
    });
  }

  #describeNew(): void {
    const templates = this.#undescribed;
    this.#undescribed = [];
    this.#options.describe(templates);
  }

  #announceAll(): void {
    this.#messages = 0;
    for (const template of this.#announced) this.#options.write(template);
    this.#options.probe();
    if (!this.isSettling) this.#options.describe([...this.#announced].filter(isFlowTemplate));
  }
}

const isFlowTemplate = ({ scopeFieldCount }: Template): boolean => scopeFieldCount === 0;
