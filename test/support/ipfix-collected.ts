import {
  type DataRecord,
  type DecodeError,
  dataRecordToJson,
  type MessageHeader,
  readMessage,
  readRecords,
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

  constructor(store = new TemplateStore()) {
    this.store = store;
  }

  read(...messages: Uint8Array[]): this {
    for (const bytes of messages) {
      readMessage(bytes, this.store, {
        header: (header) => this.headers.push(header),
        template: (template, previous) => this.templates.push({ template, previous }),
        withdrawal: (template) => this.withdrawn.push(template.id),
        data: (set) => this.records.push(...readRecords(set, this.store, (error) => this.errors.push(error))),
        error: (error) => this.errors.push(error),
      });
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
