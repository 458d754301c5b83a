import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { DataSet } from './data-set.ts';
import type { DecodeReason } from './decode-error.ts';
import { type MessageContext, type MessageHandler, reportError } from './message-handler.ts';
import { ipfixVersion, type MessageHeader, messageHeaderOctets, setHeaderOctets } from './message-header.ts';
import { minimumDataSetId, optionsTemplateSetId, templateSetId } from './template.ts';
import { readTemplate } from './template-reader.ts';
import type { TemplateStore } from './template-store.ts';

/**
 * Octets of the message at `offset` in a stream. It is 0 while its first four octets have not all arrived.
 * It is -1 if they do not start an IPFIX message, after which the stream cannot be read.
 */
export function messageLengthAt(bytes: Uint8Array, offset: number, end = bytes.length): number {
  const reader = new ByteReader(bytes, offset, end);
  if (!reader.has(4)) return 0;
  const version = reader.unsigned16();
  const length = reader.unsigned16();
  return version === ipfixVersion && length >= messageHeaderOctets ? length : -1;
}

/** How the messages of one protocol are read. */
export interface MessageFormat {
  /**
   * Reads the header, passes it to the handler, and leaves the reader at the first set.
   * @returns false if the message is discarded
   */
  open(message: MessageReader): boolean;
  /** Passes the next set to the handler, or opens it if it has templates, and advances past it. */
  readSet(message: MessageReader): void;
}

/** A Buffer, as octets from sockets are: V8 reads one kind of array faster than two. */
const noOctets = Buffer.alloc(0);
/** More than any record that a format writes. */
const SCRATCH_OCTETS = 256;

/**
 * Passes the next template of a set to the handler.
 * @returns false if there is none, after which nothing in the set can be found
 */
type ReadTemplate = (setId: number, set: ByteReader, context: MessageContext) => boolean;

/** A set of templates, some of which have been read. */
interface TemplateSet {
  readonly id: number;
  readonly octets: ByteReader;
  readonly readTemplate: ReadTemplate;
  /** No template has the id 0, so zero octets at the end are padding. */
  readonly paddingStart: number;
}

/**
 * Reads one message after another, part by part, so that its caller may pause between two parts. A part is a
 * data set or a template: there may be thousands of templates in a set. The same object serves all messages,
 * because one for each would be garbage.
 */
export class MessageReader implements MessageContext {
  readonly handler: MessageHandler;
  /** The sets of the current message that have not been read. */
  readonly sets = new ByteReader(noOctets);
  header!: MessageHeader;
  start = 0;
  store!: TemplateStore;
  /** When it arrived, in seconds since 1970, for protocols whose messages have no time; NaN if unknown. */
  arrivalSeconds = Number.NaN;
  #format = ipfixFormat;
  #templateSet: TemplateSet | undefined;
  #scratch: ByteWriter | undefined;

  constructor(handler: MessageHandler) {
    this.handler = handler;
  }

  /**
   * Begins to read the message in `bytes[start, end)`.
   * @returns false if it is discarded
   */
  open(format: MessageFormat, bytes: Uint8Array, store: TemplateStore, start: number, end: number): boolean {
    this.#format = format;
    this.#templateSet = undefined;
    this.start = start;
    this.store = store;
    this.sets.bytes = bytes;
    this.sets.offset = start;
    this.sets.end = end;
    return format.open(this);
  }

  /** Room for the records of a set that a format writes, because its messages have them in another form. */
  get scratch(): ByteWriter {
    this.#scratch ??= new ByteWriter(new Uint8Array(SCRATCH_OCTETS));
    return this.#scratch;
  }

  /** Whether all parts have been read. */
  get isDone(): boolean {
    return this.sets.left === 0 && this.#templateSet === undefined;
  }

  /** Passes the next part to the handler. A fault inside a set costs the rest of that set. */
  readPart(): void {
    if (this.#templateSet === undefined) this.#format.readSet(this);
    else this.#readTemplate(this.#templateSet);
  }

  /** Reads the templates of a set, each as a part. */
  openTemplates(id: number, octets: ByteReader, readTemplate: ReadTemplate): void {
    const { paddingStart } = octets;
    if (octets.offset < paddingStart) this.#readTemplate({ id, octets, readTemplate, paddingStart });
  }

  #readTemplate(set: TemplateSet): void {
    const hasMore = set.readTemplate(set.id, set.octets, this) && set.octets.offset < set.paddingStart;
    this.#templateSet = hasMore ? set : undefined;
  }
}

/**
 * Reads one message from `bytes[start, end)` and passes its parts to the handler. Returns the header, or
 * undefined if the message was discarded.
 */
export function readMessage(
  bytes: Uint8Array,
  store: TemplateStore,
  handler: MessageHandler,
  start = 0,
  end = bytes.length,
): MessageHeader | undefined {
  const message = new MessageReader(handler);
  if (!message.open(ipfixFormat, bytes, store, start, end)) return undefined;
  while (!message.isDone) message.readPart();
  return message.header;
}

/**
 * Reads one message part by part, for callers that wait between records. It reads the parts after a data set
 * when the next one is requested.
 * @param arrivalSeconds when it arrived, in seconds since 1970; NaN if unknown
 */
export function* readDataSets(
  format: MessageFormat,
  bytes: Uint8Array,
  store: TemplateStore,
  handler: Omit<MessageHandler, 'data'>,
  arrivalSeconds = Number.NaN,
): Generator<DataSet> {
  let found: DataSet | undefined;
  const keepSet = (set: DataSet) => {
    found = set;
  };
  const message = new MessageReader({ ...handler, data: keepSet });
  message.arrivalSeconds = arrivalSeconds;
  if (!message.open(format, bytes, store, 0, bytes.length)) return;
  while (!message.isDone) {
    found = undefined;
    message.readPart();
    if (found !== undefined) yield found;
  }
}

/** Messages of IPFIX. One whose sets exceed it is discarded as a whole (RFC 7011 section 9.1). */
export const ipfixFormat: MessageFormat = {
  open(message) {
    const { sets, start, handler } = message;
    const { end } = sets;
    const header = readHeader(sets, handler);
    if (header === undefined) return false;
    message.header = header;
    sets.end = start + header.length;
    if (endOfSets(sets, message, false) < 0) return false;
    const trailing = end - sets.end;
    if (trailing > 0) {
      const text = `${trailing} octets follow the message`;
      reportError(message, { offset: header.length }, 'trailing-octets', text);
    }
    handler.header?.(header);
    sets.offset = start + messageHeaderOctets;
    return true;
  },
  readSet: setReader(templateSetId, optionsTemplateSetId, readTemplate),
};

/**
 *     version = 10 (2) | length (2) | export time (4) | sequence number (4) | observation domain id (4)
 *
 * RFC 7011 section 3.1.
 */
function readHeader(reader: ByteReader, handler: MessageHandler): MessageHeader | undefined {
  const available = reader.left;
  if (available < messageHeaderOctets) {
    return refuseHeader(
      handler,
      0,
      'message-header-truncated',
      `a message header has 16 octets, but only ${available} are present`,
    );
  }
  const version = reader.unsigned16();
  if (version !== ipfixVersion) {
    return refuseHeader(handler, 0, 'version-not-ipfix', `IPFIX has version 10, this message has ${version}`);
  }
  const length = reader.unsigned16();
  if (length < messageHeaderOctets) {
    return refuseHeader(
      handler,
      2,
      'message-length-invalid',
      `a message has at least 16 octets, this one has ${length}`,
    );
  }
  const exportTimeSeconds = reader.unsigned32();
  const sequenceNumber = reader.unsigned32();
  const domain = reader.unsigned32();
  if (length > available) {
    const text = `the message announces ${length} octets, but only ${available} are present`;
    handler.error({ offset: 2, domain, reason: 'message-truncated', text });
    return undefined;
  }
  return { length, exportTimeSeconds, sequenceNumber, domain };
}

function refuseHeader(
  handler: MessageHandler,
  offset: number,
  reason: DecodeReason,
  text: string,
): undefined {
  handler.error({ offset, reason, text });
}

/**
 * Walks over the set headers only, so that no record of a broken message is delivered. Returns where the sets
 * end; -1 if they exceed the message.
 * @param isPadded whether zero octets may follow the last set
 */
export function endOfSets(sets: ByteReader, context: MessageContext, isPadded: boolean): number {
  const end = isPadded ? sets.paddingStart : sets.end;
  while (sets.offset < end) {
    const offset = sets.offset - context.start;
    if (!sets.has(setHeaderOctets)) {
      reportError(
        context,
        { offset },
        'set-header-truncated',
        `a set header has 4 octets, but only ${sets.left} are left`,
      );
      return -1;
    }
    const setId = sets.unsigned16();
    const length = sets.unsigned16();
    if (length < setHeaderOctets) {
      const text = `a set has at least the 4 octets of its header, this one has ${length}`;
      reportError(context, { offset, setId }, 'set-length-invalid', text);
      return -1;
    }
    if (!sets.has(length - setHeaderOctets)) {
      const text = `the set announces ${length} octets, but the message has only ${sets.left + setHeaderOctets} left`;
      reportError(context, { offset, setId }, 'set-beyond-message', text);
      return -1;
    }
    sets.skip(length - setHeaderOctets);
  }
  return sets.offset;
}

/**
 * Makes the function that reads the next set, by the ids of sets with templates.
 *
 *     set id (2) | length, including the header (2) | records … | padding, shorter than any record
 *
 * RFC 7011 section 3.3.2; RFC 3954 section 5.2.
 */
export function setReader(
  templatesId: number,
  optionsTemplatesId: number,
  readTemplate: ReadTemplate,
): MessageFormat['readSet'] {
  return (message) => {
    const { sets } = message;
    const offset = sets.offset - message.start;
    const setId = sets.unsigned16();
    const octets = sets.unsigned16() - setHeaderOctets;
    if (setId >= minimumDataSetId) {
      readDataSet(setId, octets, message);
      return;
    }
    const set = sets.within(octets);
    if (setId === templatesId || setId === optionsTemplatesId)
      message.openTemplates(setId, set, readTemplate);
    else
      reportError(message, { offset, setId }, 'set-id-reserved', `no sets are defined with the id ${setId}`);
  };
}

/** Hands a data set of so many octets on, if its template is known. */
function readDataSet(setId: number, octets: number, message: MessageReader): void {
  const { header, start, store, handler, sets } = message;
  const { bytes, offset } = sets;
  sets.skip(octets);
  const template = store.get(header.domain, setId);
  if (template !== undefined) {
    handler.data({ header, template, bytes, messageStart: start, offset, end: offset + octets });
    return;
  }
  const place = { offset: offset - start, setId, templateId: setId };
  reportError(
    message,
    place,
    'template-unknown',
    `${octets} octets of records arrived before template ${setId}`,
  );
}
