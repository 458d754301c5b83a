import type { ExportProtocol } from '../../src/ipfix/export-protocol.ts';
import { messageFormats } from '../../src/ipfix/message-formats.ts';
import {
  type DataRecord,
  type DecodeError,
  dataRecordToJson,
  type MessageHandler,
  type MessageHeader,
  MessageReader,
  readRecords,
  type SampleNumbers,
  type SkippedSamples,
  type Template,
  TemplateStore,
} from '../../src/ipfix/wire/index.ts';

/** The content of a few messages of one session, for tests to compare. */
export class Collected {
  readonly store: TemplateStore;
  readonly headers: MessageHeader[] = [];
  readonly templates: { template: Template; previous: Template | undefined }[] = [];
  readonly withdrawn: number[] = [];
  readonly records: DataRecord[] = [];
  readonly errors: DecodeError[] = [];
  /** Samples of sFlow, and the kinds of those without a record. */
  readonly samples: (SampleNumbers & { readonly isReadable: boolean })[] = [];
  readonly skipped: SkippedSamples[] = [];
  readonly #protocol: ExportProtocol;

  constructor(store = new TemplateStore(), protocol: ExportProtocol = 'ipfix') {
    this.store = store;
    this.#protocol = protocol;
  }

  read(...messages: Uint8Array[]): this {
    for (const bytes of messages) {
      const handler: MessageHandler = {
        header: (header) => this.headers.push(header),
        template: (template, previous) => this.templates.push({ template, previous }),
        withdrawal: (template) => this.withdrawn.push(template.id),
        data: (set) => this.records.push(...readRecords(set, this.store, (error) => this.errors.push(error))),
        error: (error) => this.errors.push(error),
        sample: ({ sourceKind, sourceIndex, sequenceNumber, drops }, isReadable) =>
          this.samples.push({ sourceKind, sourceIndex, sequenceNumber, drops, isReadable }),
        skippedSample: (kind) => this.skipped.push(kind),
      };
      const message = new MessageReader(handler);
      if (!message.open(messageFormats[this.#protocol], bytes, this.store, 0, bytes.length)) continue;
      while (!message.isDone) message.readPart();
    }
    return this;
  }

  get fields() {
    return this.records.map(dataRecordToJson);
  }

  get reasons() {
    return this.errors.map(({ reason }) => reason);
  }
}
