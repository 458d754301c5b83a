import { type DecodeError, type MessageHeader, readExportedSets, readRecords } from '../ipfix/index.ts';
import type { CapturedMessage } from './capture/index.ts';
import { type DecodedRecord, decodedRecord, decodedRecordPrinter } from './decoded-record.ts';
import { readRecordedFile } from './recorded-file.ts';
import { errorRoom, writeError } from './standard-error.ts';
import { UndecodedCount } from './undecoded-count.ts';

/** Maximum lines, and characters of them, that are collected before a write. */
const LINES_A_WRITE = 256;
const CHARACTERS_A_WRITE = 1_048_576;
/** Fewer lines wait at most this long, because standard input may bring no more for hours. */
const WRITE_AFTER_MS = 200;

/** What a file had, as its summary reports it. */
interface DecodeCounts {
  messages: number;
  records: number;
  /** By reason. */
  readonly undecodable: Record<string, number>;
  /** Samples of sFlow without a record, by kind. */
  skipped?: Record<string, number>;
}

/** Prints the records of capture files and files of messages. */
export class Decoder {
  readonly #print: (record: DecodedRecord) => string;
  readonly #writeLines: (lines: readonly string[]) => Promise<unknown>;
  #lines: string[] = [];
  #characters = 0;
  #soon: NodeJS.Timeout | undefined;

  /** @param writeLines resolves when there is room for more */
  constructor(format: 'table' | 'json', writeLines: (lines: readonly string[]) => Promise<unknown>) {
    const printer = decodedRecordPrinter(format);
    if (printer.header !== undefined) this.#lines.push(printer.header);
    this.#print = (record) => printer.line(record);
    this.#writeLines = writeLines;
  }

  /** Prints the records of a file. Returns the number of parts that could not be decoded. */
  async decode(file: string): Promise<number> {
    const counts: DecodeCounts = { messages: 0, records: 0, undecodable: {} };
    const countFault = (what: Readonly<Record<string, unknown>> & { readonly reason: string }) => {
      counts.undecodable[what.reason] = (counts.undecodable[what.reason] ?? 0) + 1;
      writeError(`${JSON.stringify({ file, ...what })}\n`);
    };
    const noteSkipped = (kind: string) => {
      counts.skipped ??= {};
      counts.skipped[kind] = (counts.skipped[kind] ?? 0) + 1;
    };
    const undecoded = new UndecodedCount();
    for await (const item of readRecordedFile(file)) {
      if ('undecoded' in item) undecoded.take(item);
      else if ('reason' in item) countFault({ ...item });
      else {
        counts.messages++;
        counts.records += await this.#decodeMessage(item, countFault, noteSkipped);
        this.#soon ??= setTimeout(() => this.#write(), WRITE_AFTER_MS);
      }
      await errorRoom();
    }
    await this.#write();
    for (const summary of undecoded.summaries()) {
      countFault({ ...summary });
      counts.undecodable[summary.reason] = summary.packets;
    }
    writeError(`${JSON.stringify({ file, summary: counts })}\n`);
    return Object.values(counts.undecodable).reduce((sum, count) => sum + count, 0);
  }

  /** One message may have 65,000 records, each with a fault: both are written as they occur. */
  async #decodeMessage(
    { session, packet, timeMs, octets }: CapturedMessage,
    fault: (what: { reason: string }) => void,
    noteSkipped: (kind: string) => void,
  ): Promise<number> {
    let records = 0;
    let known: MessageHeader | undefined;
    const reportError = (found: DecodeError) =>
      fault({ packet, exporter: session.exporter, sequenceNumber: known?.sequenceNumber, ...found } as {
        reason: string;
      });
    const noteHeader = (read: MessageHeader) => {
      known = read;
    };
    const { exportProtocol, templates } = session;
    const parts = { header: noteHeader, error: reportError, skippedSample: noteSkipped };
    const arrivalSeconds = timeMs === undefined ? undefined : timeMs / 1000;
    for (const set of readExportedSets(exportProtocol, octets, templates, parts, arrivalSeconds)) {
      for (const record of readRecords(set, templates, reportError)) {
        const line = this.#print(decodedRecord(set.header, record, session));
        this.#lines.push(line);
        this.#characters += line.length;
        records++;
        if (this.#lines.length >= LINES_A_WRITE || this.#characters >= CHARACTERS_A_WRITE) {
          await this.#write();
          await errorRoom();
        }
      }
    }
    return records;
  }

  async #write(): Promise<void> {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const lines = this.#lines;
    this.#lines = [];
    this.#characters = 0;
    if (lines.length > 0) await this.#writeLines(lines);
  }
}
