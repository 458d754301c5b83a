import { systemClock } from '../../runtime/clock.ts';
import {
  MessageCursor,
  messageType,
  type NetlinkSocket,
  type NetlinkSocketOptions,
  NFNL_SUBSYS_CTNETLINK,
  NLM_F_CREATE,
  OVERRUN,
  TIMED_OUT,
  type WorkerOutlet,
} from '../netlink/index.ts';
import { ConnectionBatch, RowKind } from './connection-batch.ts';
import { ConnectionParser } from './connection-parser.ts';
import { ConnectionTimeouts } from './connection-timeouts.ts';
import {
  IPCTNL_MSG_CT_DELETE,
  IPCTNL_MSG_CT_NEW,
  NFNLGRP_CONNTRACK_DESTROY,
  NFNLGRP_CONNTRACK_NEW,
  NFNLGRP_CONNTRACK_UPDATE,
} from './ctnetlink.ts';

/** A batch is posted after this long. */
const HOLD_MS = 50;
/** A read waits so long for an event, and so long does other work of the thread. */
const READ_MS = 10;
/** Events that are read between two steps of other work: more than come meanwhile. */
const MOST_BETWEEN = 256;
/** How long the source may read remaining events from the socket when it stops. */
const LAST_READ_MS = 1_000;
/** How often to check whether somebody has changed timeouts. */
const TIMEOUTS_MS = 10_000;
/** More than the kernel ever writes for one event. */
const DATAGRAM_OCTETS = 1 << 16;

/** What the event worker reports beside its batches. All numbers count from its start. */
export interface EventNote {
  /** How often the kernel reported that it had dropped events. */
  readonly overruns: number;
  /**
   * Events that never arrived, or were not delivered when the worker stopped; undefined when the kernel does
   * not say.
   */
  readonly lost: number | undefined;
  readonly malformed: number;
}

type Outlet = Pick<WorkerOutlet, 'stopping' | 'take' | 'post' | 'note'>;

export function eventSocketOptions(receiveBufferOctets: number): NetlinkSocketOptions {
  return {
    groups: [NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_UPDATE, NFNLGRP_CONNTRACK_DESTROY],
    receiveBufferOctets,
    receiveTimeoutMs: READ_MS,
  };
}

/**
 * Reads connection events and posts them in batches. Without a free buffer it stops reading. So events are
 * lost only in the socket's receive buffer, where the kernel counts them.
 */
export class EventListener {
  readonly #outlet: Outlet;
  readonly #socket: NetlinkSocket;
  readonly #datagram = new Uint8Array(DATAGRAM_OCTETS);
  readonly #message = new MessageCursor();
  readonly #parser = new ConnectionParser();
  #timeouts = new ConnectionTimeouts();
  #timeoutsReadAt = performance.now();
  #batch: ConnectionBatch | undefined;
  #heldSince = 0;
  #overruns = 0;
  /** Once it has dropped an event, the kernel drops all until the socket has been emptied. */
  #isOverrun = false;
  #torn = 0;
  #abandoned = 0;
  #noted: EventNote = { overruns: 0, lost: 0, malformed: 0 };

  constructor(outlet: Outlet, socket: NetlinkSocket) {
    this.#outlet = outlet;
    this.#socket = socket;
  }

  /**
   * Runs until the outlet stops, then reads what the socket still holds and closes it. If the socket fails,
   * it posts the events that it has read.
   * @param afterRead other work of the thread
   */
  run(afterRead: () => void): void {
    try {
      this.#listen(afterRead);
    } finally {
      this.#flush();
      this.#socket.close();
    }
  }

  #listen(afterRead: () => void): void {
    while (!this.#outlet.stopping) {
      const octets = this.#isOverrun
        ? this.#socket.receiveNow(this.#datagram)
        : this.#socket.receive(this.#datagram);
      this.#handle(octets);
      afterRead();
    }
    const isEmpty = this.#readRest((octets) => this.#handle(octets));
    this.#flush();
    if (!isEmpty) {
      this.#readRest((octets) => {
        if (octets === OVERRUN) this.#overruns++;
        else this.#abandoned++;
      });
    }
    this.#tellLosses();
  }

  /** For longer work of the thread: reads what has come meanwhile, and waits for nothing. */
  readWaiting(): void {
    for (let read = 0; read < MOST_BETWEEN; read++) {
      const octets = this.#socket.receiveNow(this.#datagram);
      this.#handle(octets);
      if (octets === TIMED_OUT) return;
    }
  }

  /** Reads what has come, and posts it at once. */
  postWaiting(): void {
    this.readWaiting();
    this.#flush();
  }

  /** Reads until the socket is empty or the time is over. True when it is empty. */
  #readRest(take: (octets: number) => void): boolean {
    const deadline = performance.now() + LAST_READ_MS;
    while (performance.now() < deadline) {
      const octets = this.#socket.receiveNow(this.#datagram);
      if (octets === TIMED_OUT) return true;
      take(octets);
    }
    return false;
  }

  #handle(octets: number): void {
    if (octets === OVERRUN) {
      this.#overruns++;
      this.#isOverrun = true;
      this.#flush();
      this.#tellLosses();
    } else if (octets === TIMED_OUT) {
      if (!this.#isOverrun && !this.#isDue) return;
      this.#isOverrun = false;
      this.#flush();
      this.#tellLosses();
    } else {
      this.#parse(octets);
      if (this.#isDue) this.#flush();
    }
  }

  #parse(octets: number): void {
    const message = this.#message.open(this.#datagram, octets);
    const readMs = systemClock.now();
    while (message.next()) {
      const kind = kindOf(message);
      if (kind === undefined) continue;
      const batch = this.#batchWithRoom();
      if (batch === undefined) {
        this.#abandoned++;
        continue;
      }
      const row = batch.rows;
      this.#parser.parse(message, kind, batch);
      if (batch.rows > row) this.#time(batch, row, readMs);
    }
    if (message.malformed) this.#torn++;
  }

  /** Kernels before 6.14 do not send the time of an event. */
  #time(batch: ConnectionBatch, row: number, readMs: number): void {
    if (Number.isNaN(batch.timeMs[row])) batch.timeMs[row] = readMs;
    if (batch.kind[row] === RowKind.destroy) batch.idleMs[row] = this.#timeouts.timeoutMs(batch, row);
  }

  get #isDue(): boolean {
    return this.#batch !== undefined && performance.now() - this.#heldSince >= HOLD_MS;
  }

  #batchWithRoom(): ConnectionBatch | undefined {
    if (this.#batch?.isFull) this.#flush();
    if (this.#batch !== undefined) return this.#batch;
    const buffer = this.#outlet.take();
    if (buffer === undefined) return undefined;
    this.#batch = new ConnectionBatch(buffer).empty();
    this.#heldSince = performance.now();
    if (this.#heldSince - this.#timeoutsReadAt >= TIMEOUTS_MS) {
      this.#timeouts = new ConnectionTimeouts();
      this.#timeoutsReadAt = this.#heldSince;
    }
    return this.#batch;
  }

  #flush(): void {
    if (this.#batch === undefined) return;
    this.#outlet.post(this.#batch.buffer, this.#batch.rows);
    this.#batch = undefined;
  }

  /** Reports losses at once, and the final number when the socket is empty. */
  #tellLosses(): void {
    const malformed = this.#parser.malformed + this.#torn;
    const dropped = this.#overruns === 0 ? 0 : this.#socket.droppedMessages();
    const lost = dropped === undefined ? undefined : dropped + this.#abandoned;
    const { overruns: overrunsNoted, lost: lostNoted, malformed: malformedNoted } = this.#noted;
    if (overrunsNoted === this.#overruns && lostNoted === lost && malformedNoted === malformed) return;
    this.#noted = { overruns: this.#overruns, lost, malformed };
    this.#outlet.note(this.#noted);
  }
}

/** The kernel marks the first report of a connection with NLM_F_CREATE (and NLM_F_EXCL), later ones not. */
function kindOf(message: MessageCursor): RowKind | undefined {
  if (message.type === CT_DELETE) return RowKind.destroy;
  if (message.type !== CT_NEW) return undefined;
  return (message.flags & NLM_F_CREATE) !== 0 ? RowKind.new : RowKind.update;
}

const CT_NEW = messageType(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW);
const CT_DELETE = messageType(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE);
