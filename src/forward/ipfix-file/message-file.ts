import { type ExportProtocol, exportProtocols, type MessageConsumer } from '../../ipfix/index.ts';
import {
  type Account,
  type Clock,
  type Component,
  describeError,
  type Ledger,
  type Log,
  WeirError,
} from '../../runtime/index.ts';
import { RotatedFile, type RotationLimits } from '../rotated-file.ts';
import { FileDomains } from './file-domains.ts';
import { setDomain } from './session-statement.ts';

/** Maximum octets that wait for the disk. */
const MAX_WAITING_OCTETS = 32 * 1024 * 1024;
/** How often to look whether the time of a file is over. */
const LOOK_MS = 1_000;

const NAME = 'message file';

export interface MessageFileOptions extends RotationLimits {
  readonly path: string;
  /** A file is put aside after this time, also if no message comes; 0: only when it is full. */
  readonly maxOpenMs: number;
}

export interface MessageFileParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
}

/** Octets on their way to the file. */
interface Piece {
  /** Whether they begin a new file. */
  readonly isFirst: boolean;
  readonly octets: Uint8Array;
  /** Received messages in them; the others are of the file. */
  readonly messages: number;
}

/**
 * Writes messages of IPFIX as they were received into a rotated file (RFC 5655). Every file can be read by
 * itself. Its account counts messages.
 */
export class MessageFile implements Component {
  readonly name = NAME;
  readonly #options: MessageFileOptions;
  readonly #file: RotatedFile;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #account: Account;
  readonly #domains = new FileDomains();
  #pieces: Piece[] = [];
  #waitingOctets = 0;
  /** Received messages that wait or are being written. */
  #held = 0;
  #writing: Promise<void> | undefined;
  /** Whether the next piece begins a file. */
  #isBegin = true;
  /** Octets of the file once all pieces are written, and now. */
  #octets = 0;
  #writtenOctets = 0;
  #begunMs = 0;
  #cancelLook = () => {};

  constructor(options: MessageFileOptions, { clock, ledger, log }: MessageFileParts) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    const limits = { ...options, maxOctets: Number.POSITIVE_INFINITY }; // only whole messages may be counted
    this.#file = new RotatedFile(options.path, limits, clock, (error) =>
      log.limited(NAME, 'rotation', `old files stay as they are: ${describeError(error)}`),
    );
    this.#account = ledger.open(NAME, 'messages', () => this.#held);
  }

  /**
   * Opens the file. One that is there is put aside with the first message.
   * @throws {WeirError} WEIR_MESSAGE_FILE
   */
  async start(): Promise<void> {
    try {
      await this.#file.open();
    } catch (cause) {
      throw new WeirError('WEIR_MESSAGE_FILE', `cannot open ${this.#options.path} for appending`, {
        remedy: `Give a file in a folder that exists and may be written to (${describeError(cause)}).`,
        cause,
      });
    }
    const { maxOpenMs } = this.#options;
    if (maxOpenMs > 0) this.#cancelLook = this.#clock.every(Math.min(LOOK_MS, maxOpenMs), () => this.#look());
  }

  async stop(): Promise<void> {
    this.#cancelLook();
    await this.#writing;
    await this.#file.close();
  }

  /** Resolves when more may be taken without loss. */
  room(): Promise<void> | undefined {
    return this.#waitingOctets > MAX_WAITING_OCTETS / 2 ? this.#writing : undefined;
  }

  readonly take: NonNullable<MessageConsumer['onMessage']> = (source, header, bytes, start) => {
    this.#account.received++;
    if (source.exportProtocol !== 'ipfix') return this.#refuse(source.exportProtocol);
    const message = new Uint8Array(bytes.subarray(start, start + header.length));
    if (this.#waitingOctets + message.length > MAX_WAITING_OCTETS) {
      this.#account.drop('disk too slow');
      this.#domains.forgetTemplates();
      return;
    }
    const isFull = this.#octets > 0 && this.#octets + message.length > this.#options.maxOctets;
    if (isFull || this.#domains.isFull) this.#begin();
    const { domain, before } = this.#domains.enter(source, header);
    for (const octets of before) this.#append(octets, 0);
    setDomain(message, domain);
    this.#append(message, 1);
  };

  #refuse(protocol: ExportProtocol): void {
    const title = exportProtocols[protocol];
    this.#account.drop(title);
    const remedy = 'Record it with tcpdump: "weir decode" and "weir replay" read captures.';
    this.#log.limited(
      NAME,
      protocol,
      `${this.#options.path}: ${title} is not written: the file has only messages of IPFIX. ${remedy}`,
    );
  }

  /** The next piece begins a file. */
  #begin(): void {
    this.#isBegin = true;
    this.#domains.begin();
    this.#octets = 0;
    this.#begunMs = this.#clock.monotonic();
  }

  #append(octets: Uint8Array, messages: number): void {
    if (this.#octets === 0) this.#begunMs = this.#clock.monotonic();
    this.#pieces.push({ isFirst: this.#isBegin, octets, messages });
    this.#isBegin = false;
    this.#octets += octets.length;
    this.#waitingOctets += octets.length;
    this.#held += messages;
    this.#writing ??= this.#write();
  }

  /** Puts the file aside when its time is over. */
  #look(): void {
    if (this.#octets === 0 || this.#clock.monotonic() - this.#begunMs < this.#options.maxOpenMs) return;
    this.#begin();
    this.#append(new Uint8Array(), 0);
  }

  async #write(): Promise<void> {
    await new Promise(setImmediate); // one chunk of messages becomes one write
    while (this.#pieces.length > 0) {
      const pieces = this.#takePieces();
      try {
        await this.#writePieces(pieces);
        this.#settle(pieces, (messages) => {
          this.#account.sent += messages;
        });
      } catch (error) {
        this.#giveUp([...pieces, ...this.#pieces], error);
      }
    }
    this.#writing = undefined;
  }

  /** The pieces up to the next that begins a file. */
  #takePieces(): Piece[] {
    const next = this.#pieces.findIndex(({ isFirst }, at) => at > 0 && isFirst);
    return this.#pieces.splice(0, next < 0 ? this.#pieces.length : next);
  }

  async #writePieces(pieces: readonly Piece[]): Promise<void> {
    if (pieces[0]!.isFirst) {
      await this.#file.rotate();
      this.#writtenOctets = 0;
    } else if (await this.#file.hasMoved()) {
      throw new Error('somebody has moved or deleted the file');
    }
    const octets = Buffer.concat(pieces.map((piece) => piece.octets));
    try {
      await this.#file.append(octets);
    } catch (error) {
      await this.#file.truncate(this.#writtenOctets).catch(() => {}); // else its end is no message
      throw error;
    }
    this.#writtenOctets += octets.length;
  }

  /**
   * Drops pieces that did not get into the file, and those that count on them. The next begins a file: what a
   * reader of this one knows is not what was planned.
   */
  #giveUp(pieces: readonly Piece[], error: unknown): void {
    this.#pieces = [];
    this.#begin();
    this.#settle(pieces, (messages) => {
      this.#account.drop('not written', messages);
      const text = `${this.#options.path}: ${messages} messages are lost: ${describeError(error)}`;
      this.#log.limited(NAME, 'not written', text, { lostMessages: messages });
    });
  }

  #settle(pieces: readonly Piece[], count: (messages: number) => void): void {
    const messages = pieces.reduce((sum, piece) => sum + piece.messages, 0);
    this.#held -= messages;
    this.#waitingOctets -= pieces.reduce((sum, { octets }) => sum + octets.length, 0);
    count(messages);
  }
}
