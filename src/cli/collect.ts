import { Command, InvalidArgumentError, Option } from 'commander';
import { MessageFile } from '../forward/index.ts';
import {
  type CollectedRecord,
  CollectingProcess,
  parseListenAddress,
  UNKNOWN_EXPORTER,
} from '../ipfix/index.ts';
import { type Component, defaultsOf } from '../runtime/index.ts';
import { collectingTlsOptions } from '../tls/index.ts';
import { decodedRecord, decodedRecordPrinter } from './decoded-record.ts';
import { ExitStatus } from './exit-status.ts';
import { FileSource } from './file-source.ts';
import { Service } from './service.ts';
import { writeLines } from './standard-output.ts';
import { addWriteOptions, messageFileOptions, type WriteOptions } from './write-options.ts';

interface CollectOptions extends WriteOptions {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly allowClient?: readonly string[];
  readonly listen?: readonly string[];
  readonly stateDirectory?: string;
  readonly output: 'table' | 'json';
}

const defaultListen = 'tcp://127.0.0.1:4739';
const tls = defaultsOf(collectingTlsOptions);

/** `weir collect`: a stand-alone collector that logs records. */
export function collectCommand(): Command {
  const command = new Command('collect')
    .description('listen for IPFIX, NetFlow and sFlow and print every record')
    .option(
      '-l, --listen <url>',
      `address to listen on, or file:PATH to read; may be repeated (default: "${defaultListen}")`,
      addListen,
    )
    .option('--ca <file>', 'tls and dtls: PEM certificates of the authorities of exporters', tls.caFile)
    .option('--cert <file>', 'tls and dtls: PEM certificate of this collector', tls.certFile)
    .option('--key <file>', 'tls and dtls: PEM private key of the certificate', tls.keyFile)
    .option(
      '--allow-client <name>',
      'tls and dtls: a name that the certificate of an exporter may have; may be repeated (default: any)',
      (name: string, earlier: readonly string[] = []) => [...earlier, name],
    )
    .option(
      '--state-directory <directory>',
      'keep the templates of exporters over UDP here for the next start',
    )
    .addOption(new Option('-o, --output <format>', 'format').choices(['table', 'json']).default('table'));
  return addWriteOptions(command)
    .action(collect)
    .addHelpText(
      'after',
      `
Ctrl-C ends it and prints the ledger. It reads IPFIX over TCP and UDP. On the same UDP port it reads NetFlow v1, v5, v7 and v9, and flow
samples of sFlow v5.

With file:PATH it reads a capture or a file of messages as if the exporters sent it now, and ends; - is standard input. The exit status is 1 if a
part of it could not be read.

Over UDP no exporter notices a restart of its collector. With --state-directory the next start knows the templates of this one.

--write has the messages of IPFIX as they came, each file with the templates of its records. Old files have the time in their names. "weir decode"
and "weir replay" read them. Messages of NetFlow and sFlow are not written: record them with tcpdump. The ledger counts them, and those that
the disk does not take.

Example:
  weir collect --listen tcp://0.0.0.0:4739 --listen udp://0.0.0.0:4739 -o json
  weir collect --listen tls://0.0.0.0:4739 --ca ca.crt --cert collector.crt --key collector.key
  weir collect --listen udp://0.0.0.0:4739 --write /var/lib/weir/flows.ipfix --max-open 1h --max-backups 24
  weir collect --listen file:flows.ipfix -o json`,
    );
}

async function collect({ listen = [defaultListen], output, ...options }: CollectOptions): Promise<void> {
  const service = new Service();
  const { clock, ledger, log } = service;
  const fileOptions = messageFileOptions(options);
  const written = fileOptions && new MessageFile(fileOptions, service);
  const collector = new CollectingProcess({
    listen: listen.filter((url) => !isFile(url)).map(parseListenAddress),
    tls: {
      ...tls,
      caFile: options.ca,
      certFile: options.cert,
      keyFile: options.key,
      allowedClients: options.allowClient,
    },
    stateDirectory: options.stateDirectory,
    clock,
    ledger,
    log,
    onRecord: (record) => printer.take(record),
    onMessage: written?.take,
  });
  const printer = new RecordLog(service, output, listen.some(isFile));
  const sinks = written === undefined ? [printer] : [printer, written];
  if (!listen.some(isFile)) {
    await service.run([...sinks, collector]);
    return;
  }
  const paths = listen.map((url) => url.slice(FILE.length));
  const source = new FileSource(paths, { collector, room: () => printer.room() ?? written?.room() });
  await service.run([...sinks, collector, source], { done: source.done });
  await source.done;
  if (!source.isComplete) process.exitCode = ExitStatus.failed;
}

const FILE = 'file:';
const isFile = (url: string): boolean => url.startsWith(FILE);

function addListen(text: string, earlier: readonly string[] = []): string[] {
  const url = text.trim();
  if (earlier.some((other) => isFile(other) !== isFile(url))) {
    throw new InvalidArgumentError('Files end and addresses do not: name only files, or only addresses.');
  }
  try {
    if (!isFile(url)) parseListenAddress(url);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return [...earlier, url];
}

/** Maximum records, and characters of them, that wait for the reader of standard output. */
const MAX_WAITING = 65_536;
const MAX_WAITING_CHARACTERS = 32 * 1024 * 1024;

/**
 * Writes records as lines to standard output; drops and counts those for which a slow reader leaves no room.
 */
class RecordLog implements Component {
  readonly name = 'output';
  readonly #account;
  readonly #print: (record: CollectedRecord) => string;
  readonly #isPaced: boolean;
  #lines: string[] = [];
  /** Characters of the lines. */
  #waiting = 0;
  #underWay = 0;
  #writing: Promise<void> | undefined;

  /** @param isPaced whether whoever brings records awaits `room`, so that none need be dropped */
  constructor({ ledger }: Service, output: 'table' | 'json', isPaced: boolean) {
    this.#isPaced = isPaced;
    this.#account = ledger.open(this.name, 'records', () => this.#lines.length + this.#underWay);
    const printer = decodedRecordPrinter(output);
    if (printer.header !== undefined) process.stdout.write(`${printer.header}\n`);
    this.#print = ({ header, record, origin: { exporter }, protocol }) => {
      const isUnknown = exporter === UNKNOWN_EXPORTER;
      const session = isUnknown
        ? { exporter: undefined, transport: 'file' }
        : { exporter, transport: protocol };
      return printer.line(decodedRecord(header, record, session));
    };
  }

  async start(): Promise<void> {}

  take(record: CollectedRecord): void {
    this.#account.received++;
    const isFull = this.#lines.length >= MAX_WAITING || this.#waiting >= MAX_WAITING_CHARACTERS;
    if (isFull && !this.#isPaced) {
      this.#account.drop('output too slow');
      return;
    }
    const line = this.#print(record);
    this.#lines.push(line);
    this.#waiting += line.length;
    this.#writing ??= this.#write();
  }

  async stop(): Promise<void> {
    await this.#writing;
  }

  /** Resolves when more may be taken without loss. */
  room(): Promise<void> | undefined {
    const isHalf = this.#lines.length > MAX_WAITING / 2 || this.#waiting > MAX_WAITING_CHARACTERS / 2;
    return isHalf ? this.#writing : undefined;
  }

  async #write(): Promise<void> {
    await new Promise(setImmediate); // one chunk of messages becomes one write
    while (this.#lines.length > 0) {
      const lines = this.#lines;
      this.#lines = [];
      this.#waiting = 0;
      this.#underWay = lines.length;
      const written = await writeLines(lines);
      this.#underWay = 0;
      this.#account.sent += written;
      if (written < lines.length) this.#account.drop('output closed', lines.length - written);
    }
    this.#writing = undefined;
  }
}
