import { BatchLayout, Dictionary, FlowBatch, MAX_ROWS } from '../../src/flow/index.ts';
import { FlowTemplates } from '../../src/ipfix/flow-mapping.ts';
import {
  ColumnReader,
  type DecodeError,
  flowFieldsOf,
  ipfixFormat,
  MessageReader,
  MessageWriter,
  type Template,
  TemplateStore,
} from '../../src/ipfix/wire/index.ts';
import type { Intake } from '../aggregation.ts';

const RECORDS_A_MESSAGE = 200;
const BATCH_ROWS = 1024;
const DOMAIN = 1;

/** The rows of a batch as the messages of an agent, and these decoded into batches again. */
export function agentMessages(): Intake<readonly Uint8Array[]> {
  const templates = new FlowTemplates('agent');
  const writer = new MessageWriter();
  const ids = new Uint16Array(MAX_ROWS);
  const decoding = new Decoding();
  return {
    prepare(batch) {
      templates.chooseIds(batch, ids);
      const { template, writer: columns } = templates.get(ids[0]!);
      decoding.learn(template);
      const messages: Uint8Array[] = [];
      for (let row = 0; row < batch.length; ) {
        if (ids[row] !== ids[0]) throw new Error('rows of one batch need two templates');
        writer.start({ domain: DOMAIN, sequenceNumber: row, exportTimeSeconds: 1_700_000_100 });
        row += writer.writeRows(columns, batch, row, Math.min(batch.length, row + RECORDS_A_MESSAGE));
        messages.push(writer.finish().slice());
      }
      return messages;
    },
    take: (messages, accept) => decoding.read(messages, accept),
  };
}

/** What a collecting process does once it has whole messages. */
class Decoding {
  readonly #store = new TemplateStore();
  readonly #readers = new Map<number, { readonly reader: ColumnReader; readonly batch: FlowBatch }>();
  readonly #dictionary = new Dictionary();
  #accept: (batch: FlowBatch) => void = () => {};
  readonly #message = new MessageReader({
    data: (set) => {
      const { reader, batch } = this.#readers.get(set.template.id)!;
      while (!reader.read(set, batch, throwError)) this.#handOn(batch);
    },
    error: throwError,
  });

  learn(template: Template): void {
    if (this.#readers.has(template.id)) return;
    this.#store.put(DOMAIN, template);
    const layout = new BatchLayout(flowFieldsOf(template), BATCH_ROWS);
    const origin = { exporter: '10.0.0.1:4739', observationDomainId: DOMAIN };
    const batch = new FlowBatch(layout, this.#dictionary, origin);
    this.#readers.set(template.id, { reader: new ColumnReader(template, layout), batch });
  }

  read(messages: readonly Uint8Array[], accept: (batch: FlowBatch) => void): void {
    this.#accept = accept;
    for (const octets of messages) {
      this.#message.open(ipfixFormat, octets, this.#store, 0, octets.length);
      while (!this.#message.isDone) this.#message.readPart();
    }
    for (const { batch } of this.#readers.values()) this.#handOn(batch);
  }

  #handOn(batch: FlowBatch): void {
    if (batch.length > 0) this.#accept(batch);
    batch.length = 0;
  }
}

function throwError({ text }: DecodeError): void {
  throw new Error(text);
}
