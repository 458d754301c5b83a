import {
  type Account,
  type Clock,
  type Component,
  defaultsOf,
  type Ledger,
  type Log,
  type PeerStatement,
} from '../../runtime/index.ts';
import { collectingTlsOptions, TlsEnd, type TlsSettings, type TlsSource } from '../../tls/index.ts';
import type { ExportProtocol } from '../export-protocol.ts';
import { type AvailableTransport, type TransportName, transportKinds } from '../transport-kind.ts';
import { DtlsListener } from './dtls-listener.ts';
import {
  type DecodeErrorCount,
  ExporterHistories,
  type ExporterHistory,
  type ExporterReading,
} from './exporter-histories.ts';
import { KeptTemplates } from './kept-templates.ts';
import { formatListen, type ListenAddress } from './listen-address.ts';
import type { Listener, Reception } from './listener.ts';
import type { MessageConsumer } from './message-consumer.ts';
import { MessageDecoder } from './message-decoder.ts';
import { sessionOptions } from './options.ts';
import { type RecordConsumer, RecordDelivery } from './record-delivery.ts';
import { RecordedReading, type RecordedSession } from './recorded-reading.ts';
import { type Passage, SessionTable } from './session-table.ts';
import { severalAddressesNote } from './several-addresses.ts';
import { TcpListener } from './tcp-listener.ts';
import { TlsListener } from './tls-listener.ts';
import type { TransportSession } from './transport-session.ts';
import { Turns } from './turns.ts';
import { UdpListener } from './udp-listener.ts';

/** Maximum number and memory of sessions; defaults are those of `sessionOptions`. */
export interface SessionBounds {
  /** Maximum open sessions over TCP, TLS and DTLS, and as many over UDP. */
  readonly maxSessions?: number;
  /** Maximum octets of memory for the sessions of one address. */
  readonly maxAddressOctets?: number;
  /** Maximum octets of memory for all sessions. */
  readonly maxSessionOctets?: number;
}

export interface CollectingProcessOptions extends RecordConsumer, MessageConsumer, SessionBounds {
  readonly listen: readonly ListenAddress[];
  /** This end of the secured transports. Default: the files of the folder for certificates. */
  readonly tls?: TlsSettings;
  /** Certificates that come from elsewhere than the files of `tls`. */
  readonly tlsSource?: TlsSource | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  /** The name in the ledger and the log; default `collector`. */
  readonly name?: string;
  /** A session ends after this long without a whole message. Default 1,800,000. */
  readonly idleTimeoutMs?: number;
  /** A template over UDP expires when it was not sent again for this long. Default 1,800,000. */
  readonly templateLifetimeMs?: number;
  /** Where templates over UDP are kept for the next process; default nowhere. */
  readonly stateDirectory?: string | undefined;
  /** How long records over UDP wait for their template. Default 5000; 0: not at all. */
  readonly holdMs?: number;
  /** Maximum rows of a batch. Default 1024. */
  readonly batchRows?: number;
  /** Told of exporters that come and go, but not of those that this process leaves at its end. */
  readonly onPassage?: (change: Passage, exporter: PassingExporter) => void;
}

/** An exporter whose session has begun or ended. */
export interface PassingExporter {
  readonly protocol: TransportName;
  readonly exportProtocol: ExportProtocol;
  /** Address and port of its end. */
  readonly exporter: string;
  /** The first name in its certificate, over a secured transport. */
  readonly peerName: string | undefined;
  /** Records of the session so far. */
  readonly records: number;
  /**
   * Until when it was certainly there, in milliseconds since 1970. A connection tells when it ends. Over UDP
   * the last message does.
   */
  readonly presentUntilMs: number;
}

/** The state of one observation domain in one exporter's session. */
export interface ExporterState {
  readonly protocol: TransportName;
  readonly exportProtocol: ExportProtocol;
  /** Address and port of the Exporting Process's end. */
  readonly exporter: string;
  /** The first name in its certificate, over a secured transport. */
  readonly peerName: string | undefined;
  readonly observationDomainId: number;
  /** Milliseconds since 1970. */
  readonly lastMessageMs: number;
  readonly messages: number;
  readonly records: number;
  /**
   * Records that were sent and did not arrive, by the sequence numbers; at least one for each message if the
   * exporter numbers those.
   */
  readonly lost: number;
  readonly templates: number;
}

/** What the collector has counted about its senders, bounded in number. */
export interface CollectingReadings {
  /** Open transport sessions. */
  readonly sessions: number;
  readonly exporters: readonly ExporterReading[];
  readonly decodeErrors: readonly DecodeErrorCount[];
  /** When its certificate expires, in milliseconds since 1970; undefined without a secured transport. */
  readonly certificateExpiryMs: number | undefined;
}

const passingExporter = (session: TransportSession, clock: Clock): PassingExporter => ({
  protocol: session.protocol,
  exportProtocol: session.exportProtocol,
  exporter: session.peer,
  peerName: session.peerName,
  records: session.records,
  presentUntilMs: session.transport.isReliable ? clock.now() : clock.wallAt(session.lastHeardMs),
});

/** Maximum peers that the ledger names. */
const MAX_PEERS = 1_024;
/** How often to expire sessions and templates. */
const SWEEP_MS = 10_000;
/** An exporter that has not closed its end this long after the collector closed its own is disconnected. */
const FAREWELL_MS = 2_000;

/** How each transport is received. */
const listeners: Record<AvailableTransport, new (address: ListenAddress, reception: Reception) => Listener> =
  {
    tcp: TcpListener,
    udp: UdpListener,
    tls: TlsListener,
    dtls: DtlsListener,
  };

/**
 * The Collecting Process (RFC 7011): listens for exporters, reads their messages and passes on the records.
 * Two ledger accounts. Messages: received, read, and dropped when nothing in them can be trusted. Records:
 * received and passed on, and dropped when they could not be read or have no consumer. Events count the rest:
 * records lost upstream by the sequence numbers, duplicates, restarts, decode errors by reason.
 */
export class CollectingProcess implements Component {
  readonly name: string;
  readonly messages: Account;
  readonly records: Account;
  readonly #options: CollectingProcessOptions;
  readonly #sessions: SessionTable;
  readonly #histories = new ExporterHistories();
  readonly #delivery: RecordDelivery;
  readonly #decoder: MessageDecoder;
  readonly #reception: Reception;
  readonly #recorded: RecordedReading;
  readonly #kept: KeptTemplates | undefined;
  readonly #tls: TlsEnd;
  #listeners: Listener[] = [];
  #addresses: ListenAddress[] = [];
  #cancelSweep = () => {};
  #isStopping = false;

  constructor(options: CollectingProcessOptions) {
    const { clock, log, ledger, name = 'collector' } = options;
    this.#options = options;
    this.name = name;
    this.messages = ledger.open(`${name} messages`, 'messages');
    this.records = ledger.open(name, 'records', () => this.#delivery.pending, {
      expectedDrops: ['duplicate', 'not a flow', 'metered twice'],
      peers: () => this.#peers(),
    });
    const { stateDirectory, templateLifetimeMs = 1_800_000 } = options;
    this.#sessions = new SessionTable({
      clock,
      account: this.messages,
      maxSessions: options.maxSessions ?? sessionOptions.maxSessions.default,
      maxAddressOctets: options.maxAddressOctets ?? sessionOptions.maxAddressOctets.default,
      maxOctets: options.maxSessionOctets ?? sessionOptions.maxSessionOctets.default,
      idleTimeoutMs: options.idleTimeoutMs ?? 1_800_000,
      templateLifetimeMs,
      onPassage: (change, session) => {
        if (!this.#isStopping) options.onPassage?.(change, passingExporter(session, clock));
      },
    });
    const turns = new Turns();
    const { messages, records } = this;
    const histories = this.#histories;
    const { batchRows = 1024 } = options;
    this.#delivery = new RecordDelivery(options, {
      account: records,
      log,
      clock,
      histories,
      batchRows,
      turns,
    });
    const holdMs = options.holdMs ?? 5_000;
    this.#decoder = new MessageDecoder({
      clock,
      log,
      name,
      messages,
      records,
      delivery: this.#delivery,
      histories,
      holdMs,
      turns,
      onMessage: options.onMessage,
    });
    const { tls = defaultsOf(collectingTlsOptions) } = options;
    this.#tls = new TlsEnd(tls, { name, clock, log, account: messages, source: options.tlsSource });
    this.#kept =
      stateDirectory === undefined
        ? undefined
        : new KeptTemplates(stateDirectory, {
            clock,
            log,
            name,
            account: messages,
            templateLifetimeMs,
            sessions: () => this.#sessions,
          });
    this.#reception = {
      sessions: this.#sessions,
      decoder: this.#decoder,
      messages,
      turns,
      tls: this.#tls,
      clock,
      kept: this.#kept,
    };
    this.#recorded = new RecordedReading(this.#reception);
  }

  /** Where it listens, with the ports that the system chose. */
  get addresses(): readonly ListenAddress[] {
    return this.#addresses;
  }

  /** Open transport sessions. */
  get sessions(): number {
    return this.#sessions.size;
  }

  get readings(): CollectingReadings {
    const { readings, errors } = this.#histories;
    const exporters = readings.map((history) => ({
      exporter: history.exporter,
      observationDomainId: history.observationDomainId,
      ...(this.#histories.isOfOthers(history) ? { summedDomains: this.#domainsOf(history) } : {}),
      exportProtocol: history.exportProtocol,
      peerName: history.peerName,
      ...this.#recordTimes(history),
      records: history.records,
      state: history.state,
      lost: history.lost,
      lostMessages: history.lostMessages,
      ...history.reported,
    }));
    const { expiryMs: certificateExpiryMs } = this.#tls;
    return { sessions: this.sessions, exporters, decodeErrors: errors, certificateExpiryMs };
  }

  /** A history without a record is of a domain that was only told of. */
  #recordTimes({ firstRecordMs, lastRecordMs }: ExporterHistory) {
    const { clock } = this.#options;
    if (firstRecordMs === 0) return {};
    return { firstRecordMs: clock.wallAt(firstRecordMs), lastRecordMs: clock.wallAt(lastRecordMs) };
  }

  exporters(): ExporterState[] {
    return [...this.#sessions].flatMap((session) =>
      [...session.domains.values()].map((domain) => ({
        protocol: session.protocol,
        exportProtocol: session.exportProtocol,
        exporter: session.peer,
        peerName: session.peerName,
        observationDomainId: domain.origin.observationDomainId,
        lastMessageMs: this.#options.clock.wallAt(domain.lastMessageMs),
        messages: domain.messages,
        records: domain.records,
        lost: domain.samples?.lost ?? domain.sequence.lost,
        templates: [...session.templates.templatesOf(domain.origin.observationDomainId)].length,
      })),
    );
  }

  /**
   * @throws {WeirError} WEIR_LISTEN_FAILED; for a secured transport WEIR_TLS_FILES_MISSING and
   *   WEIR_TLS_FILES_INVALID; then it listens nowhere
   */
  async start(): Promise<void> {
    try {
      await this.#kept?.open();
      if (this.#options.listen.some(({ protocol }) => transportKinds[protocol].isSecured)) this.#tls.start();
      for (const address of this.#options.listen) await this.#listen(address);
    } catch (error) {
      await this.stop(0);
      throw error;
    }
    this.#cancelSweep = this.#options.clock.every(SWEEP_MS, () => {
      this.#sessions.sweep();
      this.#decoder.expire();
      this.#histories.forgetSilent(this.#options.clock.monotonic(), () => this.#historiesInUse());
    });
  }

  /** Who sends over secured transports, with its records. */
  #peers(): PeerStatement[] {
    const named = [...this.#sessions].filter(({ peerName }) => peerName !== undefined);
    return named.slice(0, MAX_PEERS).map(({ peer, peerName = '', records }) => ({ peer, peerName, records }));
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#isStopping = true;
    this.#cancelSweep();
    this.#tls.stop();
    this.#recorded.end();
    const listeners = this.#listeners;
    this.#listeners = [];
    const farewellMs = Math.min(deadlineMs, FAREWELL_MS);
    const kept = this.#kept?.close(); // while the sessions are still there
    await kept;
    await Promise.all(listeners.map((listener) => listener.stop(farewellMs, this.#options.clock)));
    // The rest of a long message may wait for its next turn, after its connection has ended.
    await this.#reception.turns.finish();
  }

  /** Reads a message of a recording as if its exporter sent it now. Await it before the next. */
  readRecorded(session: RecordedSession, octets: Uint8Array): Promise<void> {
    return this.#recorded.read(session, octets);
  }

  #domainsOf(history: ExporterHistory): number {
    let domains = 0;
    for (const session of this.#sessions)
      for (const domain of session.domains.values()) if (domain.history === history) domains++;
    return domains;
  }

  #historiesInUse(): Set<ExporterHistory> {
    const domains = [...this.#sessions].flatMap((session) => [...session.domains.values()]);
    return new Set(domains.flatMap(({ history }) => history ?? []));
  }

  async #listen(address: ListenAddress): Promise<void> {
    const listener = new listeners[address.protocol](address, this.#reception);
    const bound = await listener.start();
    this.#listeners.push(listener);
    this.#addresses.push(bound);
    const { log } = this.#options;
    const listen = formatListen(bound);
    const note = severalAddressesNote(bound);
    log.info(this.name, `listens on ${listen}${note === undefined ? '' : `; ${note}`}`, { listen });
  }
}
