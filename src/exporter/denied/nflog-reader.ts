import type { Clock } from '../../runtime/index.ts';
import {
  expectAcknowledgement,
  MessageCursor,
  messageType,
  NetlinkError,
  NetlinkSocket,
  NFNL_SUBSYS_ULOG,
  NLMSG_ERROR,
  OVERRUN,
  TIMED_OUT,
} from '../netlink/index.ts';
import { bindError, bindMessage, connectionsMessage, unbindMessage } from './nflog-group.ts';
import { Count, type PacketBatch } from './packet-batch.ts';
import { PacketParser } from './packet-parser.ts';

export interface NflogOptions {
  readonly groups: readonly number[];
  /** Octets that the kernel copies of each packet: enough for the headers up to the ports. */
  readonly copyOctets: number;
  readonly receiveBufferOctets: number;
}

const NFULNL_MSG_PACKET = messageType(NFNL_SUBSYS_ULOG, 0);
/** More than the kernel puts into one datagram (NFULNL_NLBUFSIZ_MAX of nfnetlink_log.c). */
const DATAGRAM_OCTETS = 131_072;
/** A packet waits at most this long for its batch to fill. */
const BATCH_AGE_MS = 50;
/** How soon the thread notices a stop. */
const RECEIVE_TIMEOUT_MS = 100;

/** Reads the packets of some NFLOG groups into batches. Blocks its thread; `open` it in a worker. */
export class NflogReader {
  readonly #clock: Clock;
  readonly #groups: readonly number[];
  readonly #socket: NetlinkSocket;
  readonly #parser = new PacketParser();
  readonly #datagram = new Uint8Array(DATAGRAM_OCTETS);
  readonly #message = new MessageCursor();
  /** Wall time of the last receive, for packets without a time from the kernel. */
  #receivedMs = 0;
  /** Requests that the kernel has not answered. */
  #unanswered = 0;

  /**
   * Binds the groups; packets that arrive meanwhile go into `batch`.
   * @throws NetlinkError WEIR_NFLOG_GROUP_BUSY, WEIR_NFLOG_UNSUPPORTED, WEIR_NETLINK_NOT_PERMITTED
   */
  constructor({ groups, copyOctets, receiveBufferOctets }: NflogOptions, clock: Clock, batch: PacketBatch) {
    this.#clock = clock;
    this.#groups = groups;
    this.#socket = new NetlinkSocket({ receiveBufferOctets, receiveTimeoutMs: RECEIVE_TIMEOUT_MS });
    for (const group of groups) {
      try {
        this.#parser.expectFirst(group);
        this.#settle(bindMessage(group, copyOctets), batch);
        this.#askForConnections(group, batch);
      } catch (error) {
        this.#socket.close();
        throw bindError(error, group);
      }
    }
  }

  /**
   * Fills the batch until it is full or its first packet has waited long enough. Returns at once without
   * packets.
   */
  fill(batch: PacketBatch): void {
    const endMs = this.#clock.monotonic() + BATCH_AGE_MS;
    this.#readMessages(batch);
    while (!batch.isFull && this.#clock.monotonic() < endMs) {
      if (!this.#receive(batch)) return;
    }
  }

  /** Unbinds the groups. Call `fill` until `isDrained` to get what the kernel still held. */
  unbind(): void {
    for (const group of this.#groups) this.#request(unbindMessage(group));
  }

  get isDrained(): boolean {
    return this.#unanswered === 0;
  }

  close(): void {
    this.#socket.close();
  }

  /** Without them, denied flows lack the Service that their packets were sent to. */
  #askForConnections(group: number, batch: PacketBatch): void {
    try {
      this.#settle(connectionsMessage(group), batch);
    } catch (error) {
      if (!(error instanceof NetlinkError) || error.errno !== 'EOPNOTSUPP') throw error;
    }
  }

  /** Sends a request and waits for its answer. */
  #settle(message: Uint8Array, batch: PacketBatch): void {
    this.#request(message);
    while (this.#unanswered > 0) {
      if (!this.#receive(batch)) throw NetlinkError.fromErrno('binding an NFLOG group', 'EAGAIN');
    }
  }

  #request(message: Uint8Array): void {
    this.#unanswered++;
    this.#socket.send(message);
  }

  /** Reads one datagram; false when none arrived in time. */
  #receive(batch: PacketBatch): boolean {
    const octets = this.#socket.receive(this.#datagram);
    if (octets === TIMED_OUT) return this.#giveUpOnAnswers();
    if (octets === OVERRUN) {
      batch.counts[Count.overruns]!++;
      return true;
    }
    this.#receivedMs = this.#clock.now();
    this.#message.open(this.#datagram, octets);
    this.#readMessages(batch);
    return true;
  }

  /** Continues where a full batch stopped it. */
  #readMessages(batch: PacketBatch): void {
    const message = this.#message;
    while (!batch.isFull && message.next()) {
      if (message.type === NFULNL_MSG_PACKET) this.#parser.parse(message, batch, this.#receivedMs);
      else if (message.type === NLMSG_ERROR) this.#readAnswer();
    }
    if (!message.malformed) return;
    message.malformed = false;
    batch.counts[Count.packets]!++;
    batch.counts[Count.malformed]!++;
  }

  #readAnswer(): void {
    this.#unanswered--;
    expectAcknowledgement(this.#message, 'configuring an NFLOG group');
  }

  /**
   * The kernel answers during the call that asks. With nothing left to receive, the answer itself was lost.
   */
  #giveUpOnAnswers(): boolean {
    this.#unanswered = 0;
    return false;
  }
}
