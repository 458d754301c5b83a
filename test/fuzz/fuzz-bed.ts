import type { RemoteInfo } from 'node:dgram';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { Aggregator } from '../../src/aggregator/index.ts';
import type { FlowBatch } from '../../src/flow/index.ts';
import { ExporterHistories } from '../../src/ipfix/collecting/exporter-histories.ts';
import type { Reception } from '../../src/ipfix/collecting/listener.ts';
import { MessageDecoder } from '../../src/ipfix/collecting/message-decoder.ts';
import { RecordDelivery } from '../../src/ipfix/collecting/record-delivery.ts';
import { SessionTable } from '../../src/ipfix/collecting/session-table.ts';
import { TcpListener } from '../../src/ipfix/collecting/tcp-listener.ts';
import { Turns } from '../../src/ipfix/collecting/turns.ts';
import { UdpListener } from '../../src/ipfix/collecting/udp-listener.ts';
import { type AvailableTransport, type CollectedRecord, transportKinds } from '../../src/ipfix/index.ts';
import { type Account, Ledger, Log } from '../../src/runtime/index.ts';
import { TlsEnd } from '../../src/tls/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { loopbackTls } from '../support/loopback-tls.ts';
import { threadTimeMs } from '../support/thread-time.ts';

/** Bounds of the sessions' memory, small enough that some rounds reach them. */
const MAX_SESSION_OCTETS = 24 * 1024 * 1024;
const MAX_ADDRESS_OCTETS = 8 * 1024 * 1024;

/** One end of a session that writes as a peer does. */
export interface Wire {
  write(octets: Uint8Array): void;
  end(): void;
  /** Whether the collector has not closed it. */
  readonly isOpen: boolean;
}

export interface FuzzConsumer {
  onBatch?(batch: FlowBatch): void;
  onRecord?(record: CollectedRecord): void;
}

/**
 * The real collecting process and aggregator behind wires in memory: what a peer writes arrives in the same
 * pieces each time. Time stands still until a test advances it. It measures each turn.
 */
export class FuzzBed {
  readonly clock = new FakeClock();
  readonly ledger = new Ledger();
  readonly histories = new ExporterHistories();
  readonly sessions: SessionTable;
  readonly messages: Account;
  readonly records: Account;
  readonly #aggregator: Aggregator;
  readonly #decoder: MessageDecoder;
  readonly #turns = new MeasuredTurns();
  readonly #listeners: { readonly tcp: TcpListener; readonly tls: TcpListener; readonly udp: UdpListener };
  readonly #streams = new Set<Readable>();
  readonly #cancelSweep: () => void;

  constructor(consumer: FuzzConsumer) {
    const { clock, ledger, histories } = this;
    const turns = this.#turns;
    const log = new Log(clock, () => {});
    this.messages = ledger.open('collector messages', 'messages');
    this.records = ledger.open('collector', 'records', () => delivery.pending);
    const outlet = { write: () => {}, room: async () => {}, hasRoomFor: () => true };
    this.#aggregator = new Aggregator(
      { clock, ledger, outlet },
      { maxFlows: 20_000, maxFlowsPerExporter: 8_000 },
    );
    void this.#aggregator.start();
    const { messages, records } = this;
    const delivery = new RecordDelivery(
      consumer.onBatch === undefined
        ? consumer
        : {
            onBatch: (batch) => {
              consumer.onBatch?.(batch);
              this.#aggregator.accept(batch);
            },
          },
      { account: records, log, clock, histories, batchRows: 1024, turns },
    );
    this.#decoder = new MessageDecoder({
      clock,
      log,
      name: 'collector',
      messages,
      records,
      delivery,
      histories,
      holdMs: 5_000,
      turns,
    });
    this.sessions = new SessionTable({
      clock,
      account: messages,
      maxSessions: 64,
      maxAddressOctets: MAX_ADDRESS_OCTETS,
      maxOctets: MAX_SESSION_OCTETS,
      idleTimeoutMs: 1_800_000,
      templateLifetimeMs: 1_800_000,
    });
    const tls = new TlsEnd(loopbackTls, { name: 'collector', clock, log, account: messages });
    const decoder = this.#decoder;
    const reception: Reception = { sessions: this.sessions, decoder, messages, turns, tls, clock };
    const address = (protocol: AvailableTransport) => ({ protocol, host: '127.0.0.1', port: 0 });
    this.#listeners = {
      tcp: new TcpListener(address('tcp'), reception),
      tls: new TcpListener(address('tls'), reception),
      udp: new UdpListener(address('udp'), reception),
    };
    this.#cancelSweep = clock.every(10_000, () => {
      this.sessions.sweep();
      decoder.expire();
    });
  }

  /** Octets of the longest-lived state, within their bound. */
  get isWithinMemory(): boolean {
    return this.sessions.octets <= MAX_SESSION_OCTETS;
  }

  /** Processor time of the longest turn since the last call, in milliseconds. */
  takeLongestTurn(): number {
    const { longestMs } = this.#turns;
    this.#turns.longestMs = 0;
    return longestMs;
  }

  open(transport: AvailableTransport, host: string, port: number): Wire {
    const peer = `${host}:${port}`;
    if (transport === 'udp') return this.#openDatagrams({ address: host, port, family: 'IPv4', size: 0 });
    if (transport === 'dtls') return this.#openAssociation(peer);
    const stream = new Readable({ read: () => {} });
    this.#streams.add(stream);
    stream.on('close', () => this.#streams.delete(stream));
    this.#listeners[transport].open(
      stream as unknown as Socket,
      peer,
      transportKinds[transport].isSecured ? { peerName: 'exporter' } : {},
    );
    return {
      write: (octets) => void (stream.destroyed || stream.push(octets)),
      end: () => void (stream.destroyed || stream.push(null)),
      get isOpen() {
        return !stream.destroyed;
      },
    };
  }

  /** Waits until everything that was written has been read. */
  async settle(): Promise<void> {
    do await setImmediate();
    while (this.#decoder.isInterrupted || [...this.#streams].some(isUnread));
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.settle();
  }

  async stop(): Promise<void> {
    for (const stream of this.#streams) stream.push(null);
    while (this.#streams.size > 0) await setImmediate();
    this.#cancelSweep();
    await this.#aggregator.stop(1_000);
  }

  #openDatagrams(from: RemoteInfo): Wire {
    const { udp } = this.#listeners;
    return {
      write: (octets) => this.#turns.spend(() => udp.receive(octets, from)),
      end: () => {},
      isOpen: true,
    };
  }

  #openAssociation(peer: string): Wire {
    const wire = { isOpen: true };
    const session = this.sessions.open(
      'dtls',
      peer,
      () => {
        wire.isOpen = false;
      },
      { peerName: 'exporter' },
    );
    return Object.assign(wire, {
      write: (octets: Uint8Array) => {
        if (!wire.isOpen) return;
        this.#turns.spend(() => {
          this.#decoder.read(session, octets, 0, octets.length);
          this.#decoder.deliver();
        });
      },
      end: () => {
        wire.isOpen = false;
        this.sessions.close(session);
      },
    });
  }
}

const isUnread = (stream: Readable): boolean => stream.isPaused() || stream.readableLength > 0;

/** Turns that measure the processor time of each work. */
class MeasuredTurns extends Turns {
  longestMs = 0;

  override spend(work: () => void): void {
    const beforeMs = threadTimeMs();
    super.spend(work);
    this.longestMs = Math.max(this.longestMs, threadTimeMs() - beforeMs);
  }
}
