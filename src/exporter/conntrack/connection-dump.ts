import { systemClock } from '../../runtime/clock.ts';
import {
  expectAcknowledgement,
  MessageBuilder,
  MessageCursor,
  messageType,
  NetlinkError,
  NetlinkSocket,
  NFNL_SUBSYS_CTNETLINK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  OVERRUN,
  TIMED_OUT,
  type WorkerOutlet,
} from '../netlink/index.ts';
import { ConnectionBatch, RowKind } from './connection-batch.ts';
import { ConnectionParser } from './connection-parser.ts';
import { ConnectionTimeouts } from './connection-timeouts.ts';
import { IPCTNL_MSG_CT_GET } from './ctnetlink.ts';

export interface DumpSummary {
  readonly rows: number;
  /** Messages that could not be parsed. */
  readonly malformed: number;
  /** The table changed in a way that may have hidden or repeated rows (NLM_F_DUMP_INTR). */
  readonly interrupted: boolean;
  readonly overruns: number;
  readonly durationMs: number;
}

const DUMP = 'dumping the connection tracking table';
const DATAGRAM_OCTETS = 1 << 17;

/** Other work of the thread during a dump. */
export interface BesideDump {
  /** Called for each datagram of some hundred connections. */
  afterRead(): void;
  /** Called before a batch is posted: events that it already shows are posted first. */
  beforePost(): void;
}

/**
 * Reads the whole table of this thread's network namespace, all families and zones, and posts it in batches.
 */
export function dumpConnections(outlet: WorkerOutlet, datagram: Uint8Array, beside: BesideDump): DumpSummary {
  const startedAt = performance.now();
  const socket = new NetlinkSocket();
  try {
    const dump = new Dump(outlet, socket, datagram, beside);
    socket.send(dumpRequest());
    const { rows, malformed, interrupted, overruns } = dump.run();
    return { rows, malformed, interrupted, overruns, durationMs: performance.now() - startedAt };
  } finally {
    socket.close();
  }
}

/** A receive buffer for dumps: more than the kernel puts into one datagram of a dump (32 KiB). */
export function dumpDatagram(): Uint8Array {
  return new Uint8Array(DATAGRAM_OCTETS);
}

export function dumpRequest(): Uint8Array {
  const type = messageType(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET);
  return new MessageBuilder().message(type, NLM_F_REQUEST | NLM_F_DUMP, 1).finish();
}

class Dump {
  rows = 0;
  interrupted = false;
  overruns = 0;
  readonly #outlet: WorkerOutlet;
  readonly #socket: NetlinkSocket;
  readonly #datagram: Uint8Array;
  readonly #message = new MessageCursor();
  readonly #parser = new ConnectionParser();
  readonly #timeouts = new ConnectionTimeouts();
  readonly #beside: BesideDump;
  /** The kernel writes a datagram while the one before it is read, and the first when it is asked. */
  #writtenMs = 0;
  #nextWrittenMs = systemClock.now();
  #torn = 0;
  #batch: ConnectionBatch | undefined;

  constructor(outlet: WorkerOutlet, socket: NetlinkSocket, datagram: Uint8Array, beside: BesideDump) {
    this.#outlet = outlet;
    this.#socket = socket;
    this.#datagram = datagram;
    this.#beside = beside;
  }

  get malformed(): number {
    return this.#parser.malformed + this.#torn;
  }

  run(): this {
    while (!this.#receive()) {
      if (this.#outlet.stopping) throw stoppedError();
      this.#beside.afterRead();
    }
    this.#flush();
    return this;
  }

  /** Reads one datagram. True at the end of the dump. */
  #receive(): boolean {
    this.#writtenMs = this.#nextWrittenMs;
    this.#nextWrittenMs = systemClock.now();
    const octets = this.#socket.receive(this.#datagram);
    if (octets === TIMED_OUT) throw NetlinkError.fromErrno(DUMP, 'EAGAIN');
    if (octets === OVERRUN) {
      this.overruns++;
      return false;
    }
    const message = this.#message.open(this.#datagram, octets);
    while (message.next()) {
      if ((message.flags & NLM_F_DUMP_INTR) !== 0) this.interrupted = true;
      if (message.type === NLMSG_DONE || message.type === NLMSG_ERROR) {
        expectAcknowledgement(message, DUMP);
        return true;
      }
      this.#append(message);
    }
    if (message.malformed) this.#torn++;
    return false;
  }

  #append(message: MessageCursor): void {
    if (this.#batch?.isFull) this.#flush();
    this.#batch ??= emptyBatch(this.#outlet);
    const row = this.#batch.rows;
    this.#parser.parse(message, RowKind.dump, this.#batch);
    if (this.#batch.rows === row) return;
    this.#batch.timeMs[row] = this.#writtenMs;
    this.#batch.idleMs[row] = this.#timeouts.idleMs(this.#batch, row);
  }

  #flush(): void {
    if (this.#batch === undefined) return;
    this.#beside.beforePost();
    this.rows += this.#batch.rows;
    this.#outlet.post(this.#batch.buffer, this.#batch.rows);
    this.#batch = undefined;
  }
}

function emptyBatch(outlet: WorkerOutlet): ConnectionBatch {
  const buffer = outlet.take();
  if (buffer === undefined) throw stoppedError();
  return new ConnectionBatch(buffer).empty();
}

function stoppedError(): NetlinkError {
  return new NetlinkError({
    code: 'WEIR_CONNTRACK_STOPPED',
    message: `${DUMP} was aborted because the source stops`,
    call: DUMP,
    errno: '',
    remedy: undefined,
  });
}
