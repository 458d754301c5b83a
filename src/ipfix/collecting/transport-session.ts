import { addressOfEnd, type Origin } from '../../flow/index.ts';
import type { ExportProtocol } from '../export-protocol.ts';
import { messageFormats } from '../message-formats.ts';
import { UptimeFollower } from '../netflow/index.ts';
import { type TransportKind, type TransportName, transportKinds } from '../transport-kind.ts';
import { type MessageFormat, type MessageHeader, TemplateStore } from '../wire/index.ts';
import type { ExporterHistory } from './exporter-histories.ts';
import { FOREIGN_OCTETS, ForeignExporter } from './foreign-exporter.ts';
import type { LatestMessage } from './kept-source.ts';
import { SampleSources } from './sample-sources.ts';
import { standardWays } from './sequence-counting.ts';
import { SequenceFollower } from './sequence-follower.ts';

/** Maximum observation domains of one session; beyond it, the longest silent one is forgotten. */
const MAX_DOMAINS = 256;
/** All templates of one session: some 16,000 fields. */
const MAX_TEMPLATE_OCTETS = 2 * 1024 * 1024;
/** What the exporter of one session states in any number: some 3,000 names of interfaces. */
const MAX_STATEMENT_OCTETS = 1024 * 1024;
/** Octets of memory of a session itself, with its socket, and of a domain with its gaps. */
const SESSION_OCTETS = 8 * 1024;
const DOMAIN_OCTETS = 1024;

/** The state of one observation domain in one exporter's session. */
export class ObservationDomain {
  readonly origin: Origin;
  readonly sequence: SequenceFollower;
  /** Undefined in IPFIX. */
  readonly uptime: UptimeFollower | undefined;
  history: ExporterHistory | undefined;
  /** Undefined until it sends a sample of sFlow. */
  samples: SampleSources | undefined;
  /** Undefined until it sends something that only foreign exporters send. */
  foreign: ForeignExporter | undefined;
  /** In monotonic time, as all times of a session. */
  lastMessageMs = 0;
  messages = 0;
  records = 0;
  /** Of the latest message; undefined before the first. */
  #sequenceNumber: number | undefined;
  #isResumed = false;

  constructor(exporter: string, observationDomainId: number, protocol: ExportProtocol) {
    this.origin = { exporter, observationDomainId };
    this.sequence = new SequenceFollower(standardWays[protocol]);
    this.uptime = protocol === 'ipfix' ? undefined : new UptimeFollower();
  }

  /** What its latest message has shown, for `resume`. */
  get latest(): LatestMessage {
    return { sequenceNumber: this.#sequenceNumber, uptime: this.uptime?.latest };
  }

  /** Goes on from what an earlier process has kept. */
  resume({ sequenceNumber, uptime }: LatestMessage): void {
    if (uptime !== undefined) this.uptime?.resume(uptime);
    if (sequenceNumber === undefined) return;
    this.#sequenceNumber = sequenceNumber;
    this.#isResumed = true;
  }

  /** A message has arrived, at this time, that can be read. */
  hear({ sequenceNumber }: MessageHeader, nowMs: number): void {
    this.#sequenceNumber = sequenceNumber;
    this.lastMessageMs = nowMs;
    this.messages++;
  }

  /**
   * Whether the exporter has restarted before this message, so that its templates may be others. In NetFlow
   * its uptime tells. After a restart of Weir, so does a sequence number that is smaller than before.
   */
  hasRestarted(header: MessageHeader): boolean {
    const isBehind = this.#isResumed && ((header.sequenceNumber - this.#sequenceNumber!) | 0) < 0;
    this.#isResumed = false;
    return this.uptime?.hasRestarted(header) === true || isBehind;
  }
}

/** Opens sessions, and keeps them within their bounds. */
export interface SessionKeeper {
  /** The monotonic clock. */
  now(): number;
  /** The session takes this many octets more, or fewer when negative. */
  grow(session: TransportSession, octets: number): void;
  /** Whether the session may announce this many new fields. */
  admits(session: TransportSession, fields: number): boolean;
  note(event: string): void;
  /** The first message of the session has arrived. */
  hear(session: TransportSession): void;
}

/** What else is known of a session from its begin. */
export interface SessionTraits {
  /** What its messages are; default IPFIX. */
  readonly exportProtocol?: ExportProtocol;
  /** The first name in the certificate of its other end, over a secured transport. */
  readonly peerName?: string | undefined;
  /**
   * Octets of memory that an encrypting library has for it. They count for all sessions together, not for the
   * share of an address: a client has shown a certificate before it costs them. Default 0.
   */
  readonly overheadOctets?: number;
}

/**
 * One transport session: a TCP connection, or all datagrams of one protocol from one UDP address and port
 * (RFC 7011 section 2). Templates and sequence numbers are valid within it only.
 */
export class TransportSession {
  readonly protocol: TransportName;
  readonly transport: TransportKind;
  /** What its messages are. */
  readonly exportProtocol: ExportProtocol;
  /** How its messages are read. */
  readonly format: MessageFormat;
  /** Address and port of the Exporting Process's end. */
  readonly peer: string;
  /** The first name in the certificate of its other end; undefined without a secured transport. */
  readonly peerName: string | undefined;
  readonly overheadOctets: number;
  /** The same without the port. */
  readonly address: string;
  readonly templates: TemplateStore;
  readonly domains = new Map<number, ObservationDomain>();
  /** Data records and messages that have arrived, in all domains. */
  records = 0;
  messages = 0;
  /** When the last whole message arrived, or the session began. */
  lastHeardMs: number;
  /** Octets of memory, as an upper bound. */
  octets = SESSION_OCTETS;
  /** Ends it from this side. */
  readonly end: () => void;
  readonly #keeper: SessionKeeper;
  /** State of domains from an earlier process, until their first message. */
  kept: Map<number, LatestMessage> | undefined;
  /** The domain of the latest message: most sessions have one domain only. */
  #latest: ObservationDomain | undefined;
  #heldOctets = 0;
  #statementOctets = 0;

  constructor(
    protocol: TransportName,
    peer: string,
    keeper: SessionKeeper,
    end: () => void,
    { exportProtocol = 'ipfix', overheadOctets = 0, peerName }: SessionTraits = {},
  ) {
    this.protocol = protocol;
    this.exportProtocol = exportProtocol;
    this.format = messageFormats[exportProtocol];
    this.transport = transportKinds[protocol];
    this.peer = peer;
    this.peerName = peerName;
    this.overheadOctets = overheadOctets;
    this.address = addressOfEnd(peer);
    this.#keeper = keeper;
    this.templates = new TemplateStore({
      nowMs: () => keeper.now(),
      obeysWithdrawals: this.transport.isReliable,
      maxOctets: MAX_TEMPLATE_OCTETS,
      onGrowth: (octets) => this.#grow(octets),
      admits: (fields) => keeper.admits(this, fields),
    });
    this.lastHeardMs = keeper.now();
    this.end = end;
  }

  /** Sets the octets that are held of an incomplete message. */
  hold(octets: number): void {
    if (octets === this.#heldOctets) return;
    const growth = octets - this.#heldOctets;
    this.#heldOctets = octets;
    this.#grow(growth);
  }

  domain(id: number): ObservationDomain {
    return this.knownDomain(id) ?? this.#open(id);
  }

  /** Undefined before its first message. */
  knownDomain(id: number): ObservationDomain | undefined {
    if (this.#latest?.origin.observationDomainId !== id) this.#latest = this.domains.get(id);
    return this.#latest;
  }

  #open(id: number): ObservationDomain {
    const domain = new ObservationDomain(this.peer, id, this.exportProtocol);
    const kept = this.kept?.get(id);
    if (kept !== undefined && this.kept!.delete(id)) domain.resume(kept);
    if (this.domains.size >= MAX_DOMAINS) this.#forgetSilentDomain();
    if (this.domains.size === 0) this.#keeper.hear(this);
    this.domains.set(id, domain);
    this.#latest = domain;
    this.#grow(DOMAIN_OCTETS);
    return domain;
  }

  /** The state of a domain of this session, as one of a foreign exporter. */
  foreign(domain: ObservationDomain): ForeignExporter {
    if (domain.foreign === undefined) {
      domain.foreign = new ForeignExporter({ take: (octets) => this.#takeForStatements(octets) });
      this.#grow(FOREIGN_OCTETS);
    }
    return domain.foreign;
  }

  /** Forgets the names of interfaces and VRFs that were last heard before this time. */
  expireNames(beforeMs: number): void {
    for (const { foreign } of this.domains.values()) foreign?.statements.names.expire(beforeMs);
  }

  #takeForStatements(octets: number): boolean {
    if (octets > 0 && this.#statementOctets + octets > MAX_STATEMENT_OCTETS) return false;
    this.#statementOctets += octets;
    this.#grow(octets);
    return true;
  }

  /** The samples of a domain of this session, which is a sub-agent of sFlow. */
  samples(domain: ObservationDomain): SampleSources {
    domain.samples ??= new SampleSources((octets) => this.#grow(octets));
    return domain.samples;
  }

  #forgetSilentDomain(): void {
    const [id, { foreign, samples }] = [...this.domains].reduce((a, b) =>
      a[1].lastMessageMs <= b[1].lastMessageMs ? a : b,
    );
    this.domains.delete(id);
    this.#keeper.note('domains forgotten');
    foreign?.statements.release();
    const foreignOctets = foreign === undefined ? 0 : FOREIGN_OCTETS;
    this.#grow(-DOMAIN_OCTETS - foreignOctets - (samples?.octets ?? 0));
  }

  #grow(octets: number): void {
    this.octets += octets;
    this.#keeper.grow(this, octets);
  }
}
