import type { DataSet } from './data-set.ts';
import { ipfixVersion, messageHeaderOctets, setHeaderOctets } from './message-header.ts';
import { minimumDataSetId } from './template.ts';
import type { TemplateStore } from './template-store.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const headersOctets = messageHeaderOctets + setHeaderOctets;
const versionWord = ipfixVersion << 16;

/**
 * Reads IPFIX messages that have one data set, of a known template, and nothing else. Nearly all messages of
 * exporters that send each record at once are such. Reading its few words takes a fraction of the time of
 * reading a message part by part.
 */
export class SingleSetReader {
  /** One object for all messages. */
  #set: Writable<DataSet> | undefined;

  /**
   * The data set of the message in `bytes[start, end)`, with the message's header; undefined for any other
   * message. The set is valid until the next call.
   */
  read(store: TemplateStore, bytes: Uint8Array, start: number, end: number): DataSet | undefined {
    const length = end - start;
    if (length < headersOctets || wordAt(bytes, start) !== (versionWord | length)) return undefined;
    const setWord = wordAt(bytes, start + messageHeaderOctets);
    const setId = setWord >>> 16;
    if (setId < minimumDataSetId || (setWord & 0xffff) !== length - messageHeaderOctets) return undefined;
    const domain = wordAt(bytes, start + 12) >>> 0;
    const template = store.get(domain, setId);
    if (template === undefined) return undefined;
    const header = {
      length,
      exportTimeSeconds: wordAt(bytes, start + 4) >>> 0,
      sequenceNumber: wordAt(bytes, start + 8) >>> 0,
      domain,
    };
    const offset = start + headersOctets;
    if (this.#set === undefined) {
      this.#set = { header, template, bytes, messageStart: start, offset, end };
      return this.#set;
    }
    const set = this.#set;
    set.header = header;
    // Storing the same object once more would still cost V8 a write barrier.
    if (set.template !== template) set.template = template;
    if (set.bytes !== bytes) set.bytes = bytes;
    set.messageStart = start;
    set.offset = offset;
    set.end = end;
    return set;
  }
}

/** Four octets in network byte order, as a signed integer. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
