import { type DecodeError, type MessageHeader, readExportedSets, readRecords } from '../ipfix/index.ts';
import type { CapturedMessage } from './capture/index.ts';

/** A message of a file, and what reading it has shown. */
export class RecordedMessage {
  readonly captured: CapturedMessage;
  /** Undefined for a message that no collector can read. */
  header: MessageHeader | undefined;
  /** Its first fault: why it has no header, if it has none. */
  fault: DecodeError | undefined;
  /** Records whose templates are known. */
  records = 0;
  readonly #missing = new Set<number>();

  constructor(captured: CapturedMessage) {
    this.captured = captured;
    this.#read();
  }

  /** When it was sent, in milliseconds since 1970: captured or, in a file of messages, exported. */
  get timeMs(): number {
    return this.captured.timeMs ?? (this.header?.exportTimeSeconds || 0) * 1_000;
  }

  /** Ids of templates that its session had not announced before its records. */
  get missing(): ReadonlySet<number> {
    return this.#missing;
  }

  /** Whether its session still has not announced one of these. */
  get lacksTemplates(): boolean {
    const { templates } = this.captured.session;
    for (const id of this.#missing) if (templates.get(this.header!.domain, id) === undefined) return true;
    return false;
  }

  /** Counts the records again, with the templates that have come after them. */
  countAgain(): void {
    if (this.#missing.size === 0) return;
    this.records = 0;
    this.#read();
  }

  #read(): void {
    const { octets, session } = this.captured;
    const { exportProtocol, templates } = session;
    const noteHeader = (header: MessageHeader) => {
      this.header = header;
    };
    const noteFault = (found: DecodeError) => {
      this.fault ??= found;
      if (found.reason === 'template-unknown') this.#missing.add(found.templateId!);
    };
    const parts = { header: noteHeader, error: noteFault };
    for (const set of readExportedSets(exportProtocol, octets, templates, parts)) {
      for (const _ of readRecords(set, templates, noteFault, true)) this.records++;
    }
  }
}
