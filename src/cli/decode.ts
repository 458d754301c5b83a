import { Command, Option } from 'commander';
import { type DecodeError, type MessageHeader, readMessage, readRecords } from '../ipfix/index.ts';
import { WeirError } from '../runtime/index.ts';
import { type Captured, type CapturedMessage, readIpfixFile } from './capture/index.ts';
import { type DecodedRecord, decodedRecord, decodedRecordPrinter } from './decoded-record.ts';
import { ExitStatus } from './exit-status.ts';
import { NetflowCount } from './netflow-count.ts';
import { errorRoom, writeError } from './standard-error.ts';
import { writeLines } from './standard-output.ts';

type Format = 'table' | 'json';

/** `weir decode`: every IPFIX record in capture files and files of messages. */
export function decodeCommand(): Command {
  return new Command('decode')
    .description('print every IPFIX record in capture files (pcap, pcapng) and files of messages (RFC 5655)')
    .argument('<file...>', 'the files, also those that gzip has packed; - is standard input')
    .addOption(new Option('-o, --output <format>', 'format').choices(['table', 'json']).default('table'))
    .action(async (files: string[], options: { output: Format }) => {
      let undecodable = 0;
      const decoder = new Decoder(options.output);
      for (const file of files) undecodable += await decoder.decode(file);
      if (undecodable > 0) process.exitCode = ExitStatus.failed;
    })
    .addHelpText(
      'after',
      `
What cannot be decoded is one JSON object a line on standard error, with the offset, the reason and what
identifies it; a summary follows, and the exit status is 1. NetFlow v5 and v9 are named, counted and not decoded.

Examples:
  weir decode flows.pcap -o json | jq 'select(.fields.octetDeltaCount > 1000000)'
  tcpdump -U -i eth0 -w - udp port 4739 | weir decode -`,
    );
}

/** Lines that are collected before they are written. */
const LINES_A_WRITE = 256;
/** How long fewer wait, because standard input may bring no more for hours. */
const WRITE_AFTER_MS = 200;

class Decoder {
  readonly #print: (record: DecodedRecord) => string;
  #lines: string[] = [];
  #soon: NodeJS.Timeout | undefined;

  constructor(format: Format) {
    const printer = decodedRecordPrinter(format);
    if (printer.header !== undefined) this.#lines.push(printer.header);
    this.#print = (record) => printer.line(record);
  }

  /** Prints the records of a file. Returns how many things in it could not be decoded. */
  async decode(file: string): Promise<number> {
    const counts = { messages: 0, records: 0, undecodable: {} as Record<string, number> };
    const fault = (what: Readonly<Record<string, unknown>> & { readonly reason: string }) => {
      counts.undecodable[what.reason] = (counts.undecodable[what.reason] ?? 0) + 1;
      writeError(`${JSON.stringify({ file, ...what })}\n`);
    };
    const netflow = new NetflowCount();
    for await (const item of read(file)) {
      if ('netflow' in item) netflow.take(item);
      else if ('reason' in item) fault({ ...item });
      else {
        counts.messages++;
        counts.records += this.#decodeMessage(item, fault);
        if (this.#lines.length >= LINES_A_WRITE) await this.#write();
        else this.#soon ??= setTimeout(() => this.#write(), WRITE_AFTER_MS);
      }
      await errorRoom();
    }
    await this.#write();
    for (const summary of netflow.summaries()) {
      fault({ ...summary });
      counts.undecodable[summary.reason] = summary.packets;
    }
    writeError(`${JSON.stringify({ file, summary: counts })}\n`);
    return Object.values(counts.undecodable).reduce((sum, count) => sum + count, 0);
  }

  #decodeMessage(
    { session, packet, octets }: CapturedMessage,
    fault: (what: { reason: string }) => void,
  ): number {
    let records = 0;
    let header: MessageHeader | undefined;
    const error = (found: DecodeError) =>
      fault({ packet, exporter: session.exporter, sequenceNumber: header?.sequenceNumber, ...found } as {
        reason: string;
      });
    readMessage(octets, session.templates, {
      header: (known) => {
        header = known;
      },
      data: (set) => {
        for (const record of readRecords(set, session.templates, error)) {
          this.#lines.push(this.#print(decodedRecord(set.header, record, session)));
          records++;
        }
      },
      error,
    });
    return records;
  }

  async #write(): Promise<void> {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const lines = this.#lines;
    this.#lines = [];
    if (lines.length > 0) await writeLines(lines);
  }
}

async function* read(file: string): AsyncGenerator<Captured> {
  try {
    yield* readIpfixFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const reason =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(error);
    throw new WeirError('WEIR_FILE_UNREADABLE', `${file}: ${reason}`, { cause: error });
  }
}
