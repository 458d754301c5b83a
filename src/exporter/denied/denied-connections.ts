import type { FlowBatch } from '../../flow/index.ts';
import { type Clock, type Component, describeError, type Ledger, type Log } from '../../runtime/index.ts';
import { BatchWorker } from '../netlink/index.ts';
import { DeniedFlows } from './denied-flows.ts';
import { type DeniedNode, DeniedRecords } from './denied-records.ts';
import type { NflogWorkerOptions } from './nflog-worker.ts';
import { BATCH_OCTETS, Count, PacketBatch } from './packet-batch.ts';
import { type DeniedGroup, PrefixMatcher } from './prefix-matcher.ts';

export interface DeniedConnectionsOptions {
  readonly groups: readonly DeniedGroup[];
  /** As in the connection store. */
  readonly activeTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Maximum flows held; default 65,536 (about 17 MB when full). */
  readonly maxFlows?: number;
  /**
   * How long `isDenied` remembers; default 150 s, longer than the kernel keeps an unanswered TCP connection
   * (120 s).
   */
  readonly rememberMs?: number;
  /** IP protocols to keep; default all. */
  readonly protocols?: ReadonlySet<number>;
  /** Whether to keep loopback packets; default true. */
  readonly loopback?: boolean;
  /** Name and networks of this node, for the records' node names and flow types; default none. */
  readonly node?: DeniedNode;
  /** Path of the network namespace to listen in; default the process's own. */
  readonly networkNamespace?: string;
  /** Octets to copy of each packet; default 128, which covers options and extension headers. */
  readonly copyOctets?: number;
  /** Requested size of the socket's buffer; default 8 MiB, about 50,000 packets. */
  readonly receiveBufferOctets?: number;
}

export interface DeniedConnectionsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  /** Takes the batches of records. It must not throw. */
  readonly onFlows: (batch: FlowBatch) => void;
}

/** How often to check timeouts. */
const TICK_MS = 250;
/** Maximum batches on their way from the worker to this thread. */
const BUFFERS = 4;
const NAME = 'denied';

/**
 * The connections that this host's firewall drops or rejects, as its rules log them to NFLOG groups. A worker
 * reads the packets. This class joins them into flows, whose records leave through `onFlows`.
 */
export class DeniedConnections implements Component {
  readonly name = NAME;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #flows: DeniedFlows;
  readonly #settings: NflogWorkerOptions;
  #worker: BatchWorker;
  #stopTicking = () => {};

  constructor(options: DeniedConnectionsOptions, { clock, log, ledger, onFlows }: DeniedConnectionsParts) {
    this.#clock = clock;
    this.#log = log;
    this.#flows = new DeniedFlows(
      {
        activeTimeoutMs: options.activeTimeoutMs,
        idleTimeoutMs: options.idleTimeoutMs,
        maxFlows: options.maxFlows ?? 65_536,
        rememberMs: options.rememberMs ?? 150_000,
        protocols: options.protocols,
        loopback: options.loopback ?? true,
      },
      new PrefixMatcher(options.groups),
      ledger,
      clock.monotonic(),
      new DeniedRecords(onFlows, clock, options.node),
    );
    this.#settings = {
      groups: options.groups.map(({ group }) => group),
      copyOctets: options.copyOctets ?? 128,
      receiveBufferOctets: options.receiveBufferOctets ?? 8 * 1024 * 1024,
      networkNamespace: options.networkNamespace,
    };
    this.#worker = this.#newWorker();
  }

  /**
   * Resolves when the groups are bound.
   * @throws NetlinkError when one cannot be: WEIR_NFLOG_GROUP_BUSY, WEIR_NFLOG_UNSUPPORTED,
   * WEIR_NETLINK_NOT_PERMITTED
   */
  async start(): Promise<void> {
    await this.#worker.start();
    this.#stopTicking = this.#clock.every(TICK_MS, () => this.#flows.expire(this.#clock.monotonic()));
  }

  /** Leaves the network namespace, so that reopen() can enter the one at the path then. */
  letGo(): Promise<void> {
    return this.#worker.stop();
  }

  /** Binds the groups there. Throws as start() does. */
  async reopen(): Promise<void> {
    this.#worker = this.#newWorker();
    await this.#worker.start();
  }

  /** Unbinds the groups, joins what they still held, and ends every flow with a record. */
  async stop(): Promise<void> {
    this.#stopTicking();
    await this.#worker.stop();
    this.#flows.end();
  }

  /** Flows go by these timeouts from now on. */
  set timeouts(timeouts: DeniedFlows['timeouts']) {
    this.#flows.timeouts = timeouts;
  }

  /** Flows held. */
  get held(): number {
    return this.#flows.flows.held;
  }

  /**
   * Whether packets of this 5-tuple were denied recently. Call it for a tracked connection without a reply.
   * The kernel tracks a denied packet only over loopback: it passed the output hooks, and a rule denied it on
   * its way in. Then it never sees an answer. Call it also for the replies of a connection that did not
   * continue: the kernel tracks them before a rule denies them. Any other connection was let through, even
   * when later packets were denied.
   *
   * @param source four words from `sourceAt`, IPv4 mapped; as sent
   * @param destination likewise; after destination NAT
   * @param sourcePort for ICMP the identifier
   * @param destinationPort ignored for ICMP
   */
  isDenied(
    source: ArrayLike<number>,
    sourceAt: number,
    destination: ArrayLike<number>,
    destinationAt: number,
    sourcePort: number,
    destinationPort: number,
    protocol: number,
  ): boolean {
    return this.#flows.isDenied(
      source,
      sourceAt,
      destination,
      destinationAt,
      sourcePort,
      destinationPort,
      protocol,
    );
  }

  #newWorker(): BatchWorker {
    return new BatchWorker(
      {
        name: 'nflog-worker',
        beside: import.meta.url,
        settings: this.#settings,
        bufferOctets: BATCH_OCTETS,
        buffers: BUFFERS,
      },
      {
        onBatch: (buffer, rows) => this.#take(new PacketBatch(buffer).open(rows)),
        onNote: () => {},
        onFailure: (error) =>
          this.#log.error(NAME, `the agent no longer sees denied connections: ${describeError(error)}`),
      },
    );
  }

  #take(batch: PacketBatch): void {
    this.#flows.join(batch, this.#clock.monotonic());
    const lost = batch.counts[Count.lost]!;
    const overruns = batch.counts[Count.overruns]!;
    if (lost > 0 || overruns > 0) {
      this.#log.limited(
        NAME,
        'packets lost',
        `the kernel could not deliver ${lost} denied packets in time (${overruns} overruns): no record contains them`,
        { lostPackets: lost, overruns },
      );
    }
  }
}
