import { type MessageHeader, type MessageSession, MessageWriter } from '../ipfix/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { CapturedSession } from './capture/index.ts';
import type { RecordedMessage } from './recorded-message.ts';

/** Over UDP, templates of a recording that has them once are repeated: collectors forget them. */
const REPEAT_MS = 60_000;
/** Maximum domains and templates that are remembered as announced. */
const MAX_ANNOUNCED = 4_096;

/** A recorded session on a transport session of its own. */
export class ReplaySession {
  readonly #session: MessageSession;
  readonly #recorded: CapturedSession;
  readonly #repeats: boolean;
  readonly #clock: Clock;
  /** Domains, and templates that came after their records, whose announcement was sent. */
  readonly #announced = new Set<string>();
  /** Whether a domain that is not among these may have sent messages before. */
  #isResumed: boolean;
  #sinceMs: number;

  /**
   * @param isReliable whether nothing is lost on the way
   * @param isResumed whether an earlier session has sent some of its messages
   */
  constructor(
    session: MessageSession,
    recorded: CapturedSession,
    { clock, isReliable, isResumed }: { clock: Clock; isReliable: boolean; isResumed: boolean },
  ) {
    this.#session = session;
    this.#recorded = recorded;
    this.#repeats = !isReliable && recorded.transport !== 'udp';
    this.#clock = clock;
    this.#isResumed = isResumed;
    this.#sinceMs = clock.monotonic();
  }

  get maxMessageOctets(): number {
    return this.#session.maxMessageOctets;
  }

  /**
   * Sends a message as it was recorded, after templates that the collector lacks.
   * @param taken called when the operating system has taken it
   * @throws why the session is over
   */
  async send(message: RecordedMessage, taken: () => void): Promise<void> {
    if (this.#recorded.exportProtocol === 'ipfix') await this.#announceFor(message);
    await this.#session.send(message.captured.octets, taken);
  }

  /** @throws why the collector did not take all messages */
  close(): Promise<void> {
    return this.#session.close();
  }

  async #announceFor({ header, missing }: RecordedMessage): Promise<void> {
    const isOld = this.#repeats && this.#clock.monotonic() - this.#sinceMs >= REPEAT_MS;
    if (isOld || this.#announced.size >= MAX_ANNOUNCED) this.#forget();
    const domain = String(header!.domain);
    const late = [...missing].map((id) => `${domain} ${id}`);
    const isDue = late.some((key) => !this.#announced.has(key));
    if (isDue || (this.#isResumed && !this.#announced.has(domain))) await this.#announce(header!);
    for (const key of [domain, ...late]) this.#announced.add(key);
  }

  #forget(): void {
    this.#announced.clear();
    this.#isResumed = true;
    this.#sinceMs = this.#clock.monotonic();
  }

  /** Sends the templates of a domain. They do not count in its sequence numbers (RFC 7011 section 3.1). */
  async #announce({ domain, sequenceNumber, exportTimeSeconds }: MessageHeader): Promise<void> {
    const writer = new MessageWriter(this.maxMessageOctets);
    const start = () => writer.start({ domain, sequenceNumber, exportTimeSeconds });
    start();
    for (const template of this.#recorded.templates.templatesOf(domain)) {
      if (writer.writeTemplate(template)) continue;
      await this.#sendTemplates(writer);
      start();
      writer.writeTemplate(template); // one that fits into no message could not have been recorded here
    }
    await this.#sendTemplates(writer);
  }

  async #sendTemplates(writer: MessageWriter): Promise<void> {
    if (!writer.isEmpty) await this.#session.send(writer.finish().slice(), () => {});
  }
}
