import type { Origin } from '../../flow/index.ts';
import { TemplateStore } from '../wire/index.ts';
import type { ExporterHistory } from './exporter-histories.ts';
import { addressOfEnd } from './listen-address.ts';
import { SequenceCheck } from './sequence-check.ts';

/** Observation domains that one session may have; beyond it the one first met is forgotten. */
const MAX_DOMAINS = 256;
/** Fields that all templates of a session may have together, of which each costs some 60 octets. */
const MAX_TEMPLATE_FIELDS = 16_384;

/** What is known of one observation domain of one exporter's session. */
export class ObservationDomain {
  readonly origin: Origin;
  readonly sequence = new SequenceCheck();
  history: ExporterHistory | undefined;
  /** By the monotonic clock, as all times of a session. */
  lastMessageMs = 0;
  messages = 0;
  records = 0;

  constructor(exporter: string, observationDomainId: number) {
    this.origin = { exporter, observationDomainId };
  }
}

/**
 * One transport session: a TCP connection, or all datagrams from one UDP address and port (RFC 7011
 * section 2). Templates and sequence numbers mean something within it only.
 */
export class TransportSession {
  readonly protocol: 'tcp' | 'udp';
  /** Address and port of the exporter's end. */
  readonly peer: string;
  /** Of the exporter's end, without the port. */
  readonly address: string;
  readonly templates: TemplateStore;
  readonly domains = new Map<number, ObservationDomain>();
  /** When the last whole message came, or the session began. */
  lastHeardMs: number;
  /** Ends it from this side. */
  readonly end: () => void;

  /** @param nowMs the monotonic clock: over UDP templates age, and withdrawals are not heard (RFC 7011 section 8.4) */
  constructor(protocol: 'tcp' | 'udp', peer: string, nowMs: () => number, end: () => void) {
    this.protocol = protocol;
    this.peer = peer;
    this.address = addressOfEnd(peer);
    this.templates = new TemplateStore({
      nowMs,
      obeysWithdrawals: protocol === 'tcp',
      maxFields: MAX_TEMPLATE_FIELDS,
    });
    this.lastHeardMs = nowMs();
    this.end = end;
  }

  domain(id: number): ObservationDomain {
    const known = this.domains.get(id);
    if (known !== undefined) return known;
    const domain = new ObservationDomain(this.peer, id);
    this.domains.set(id, domain);
    if (this.domains.size > MAX_DOMAINS) {
      const [oldest] = this.domains.keys();
      this.domains.delete(oldest!);
    }
    return domain;
  }
}
