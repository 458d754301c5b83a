import {
  type MessageHeader,
  type MessageSource,
  MessageWriter,
  type Template,
  transportKinds,
} from '../../ipfix/index.ts';
import { STATEMENT_DOMAIN, sessionStatement } from './session-statement.ts';

/** Domains of a file; a session may have several. Beyond it, another file begins. */
export const MAX_FILE_DOMAINS = 16_384;

/** An observation domain of a session in the file. */
interface FileDomain {
  /** Its number there. */
  readonly id: number;
  /** Whether a reader of the file has its templates. */
  isAnnounced: boolean;
}

/**
 * The observation domains of a file of messages. To a reader a file is one session (RFC 5655). But its
 * messages come from many, and these use one domain and template id for different templates. So each domain
 * of each session has a number of its own in the file: that of the exporter, unless another session has it.
 */
export class FileDomains {
  #domains = new Map<string, FileDomain>();
  readonly #taken = new Set<number>();
  #lastFree = 0;
  readonly #sources = new WeakMap<MessageSource, number>();
  #lastSource = 0;
  #statements = 0;
  readonly #writer = new MessageWriter();

  constructor() {
    this.begin();
  }

  /** A new file begins. */
  begin(): void {
    this.#domains = new Map();
    this.#taken.clear();
    this.#taken.add(STATEMENT_DOMAIN);
    this.#lastFree = STATEMENT_DOMAIN;
    this.#statements = 0;
  }

  get isFull(): boolean {
    return this.#domains.size >= MAX_FILE_DOMAINS;
  }

  /** Messages that did not get into the file may have had templates. */
  forgetTemplates(): void {
    for (const domain of this.#domains.values()) domain.isAnnounced = false;
  }

  /**
   * The number of a message's domain in the file, and the messages that must stand before it. These state
   * whose the domain is, and announce its templates.
   */
  enter(source: MessageSource, header: MessageHeader): { domain: number; before: readonly Uint8Array[] } {
    const key = `${this.#numberOf(source)} ${header.domain}`;
    const known = this.#domains.get(key);
    if (known?.isAnnounced === true) return { domain: known.id, before: [] };
    const domain = known ?? { id: this.#takeId(header.domain), isAnnounced: false };
    this.#domains.set(key, domain);
    domain.isAnnounced = true;
    const statement = this.#statementOf(source, header, domain.id);
    const templates = [...source.templates.templatesOf(header.domain)];
    return { domain: domain.id, before: [statement, ...this.#announce(templates, header, domain.id)] };
  }

  #numberOf(source: MessageSource): number {
    const number = this.#sources.get(source) ?? ++this.#lastSource;
    this.#sources.set(source, number);
    return number;
  }

  #takeId(wanted: number): number {
    let id = wanted;
    while (this.#taken.has(id)) id = --this.#lastFree;
    this.#taken.add(id);
    return id;
  }

  #statementOf({ peer, protocol }: MessageSource, header: MessageHeader, domain: number): Uint8Array {
    const { ipProtocol } = transportKinds[protocol];
    const stated = { exporter: peer, ipProtocol, domain, originalDomain: header.domain };
    return sessionStatement(stated, this.#statements++, header.exportTimeSeconds);
  }

  /** Templates do not count in sequence numbers (RFC 7011 section 3.1). */
  #announce(
    templates: readonly Template[],
    { sequenceNumber, exportTimeSeconds }: MessageHeader,
    domain: number,
  ): Uint8Array[] {
    const messages: Uint8Array[] = [];
    const start = () => this.#writer.start({ domain, sequenceNumber, exportTimeSeconds });
    start();
    for (const template of templates) {
      if (this.#writer.writeTemplate(template)) continue;
      messages.push(this.#writer.finish().slice());
      start();
      this.#writer.writeTemplate(template); // it came in a message itself, so it fits
    }
    if (!this.#writer.isEmpty) messages.push(this.#writer.finish().slice());
    return messages;
  }
}
