import type { FlowBatch, FlowRecord } from '../../src/flow/index.ts';
import {
  type AvailableTransport,
  type CollectedRecord,
  type ExportProtocol,
  transportKinds,
} from '../../src/ipfix/index.ts';
import {
  MadeExporter,
  type MadeMessage,
  type MadeRecord,
  type MessageKind,
} from '../support/made-exporter.ts';
import { type FixedVersion, makeFixed } from '../support/made-fixed.ts';
import { MadeSflowAgent } from '../support/made-sflow.ts';
import { recordText, textOf } from '../support/made-values.ts';
import type { Random } from '../support/random.ts';
import type { Wire } from './fuzz-bed.ts';

export interface SessionKind {
  readonly protocol: ExportProtocol;
  readonly transport: AvailableTransport;
}

/** Each protocol over each transport that carries it. */
export const sessionKinds: readonly SessionKind[] = [
  { protocol: 'ipfix', transport: 'tcp' },
  { protocol: 'ipfix', transport: 'udp' },
  { protocol: 'ipfix', transport: 'tls' },
  { protocol: 'ipfix', transport: 'dtls' },
  { protocol: 'netflow-v9', transport: 'udp' },
  { protocol: 'netflow-v7', transport: 'udp' },
  { protocol: 'netflow-v5', transport: 'udp' },
  { protocol: 'netflow-v1', transport: 'udp' },
  { protocol: 'sflow-v5', transport: 'udp' },
];

/** Damages that remove records without a trace. */
const removals: ReadonlySet<string> = new Set(['lost', 'without a set']);

/** How often each record came, by its text. */
type Counts = Map<string, number>;

const countIn = (counts: Counts, text: string): void => void counts.set(text, (counts.get(text) ?? 0) + 1);

/** As `MadeExporter`. Those without templates have nothing to begin anew. */
interface MessageMaker {
  make(kind: MessageKind, random: Random, seconds: number, uptimeMs: number): MadeMessage;
  beginAnew?(): void;
  forgetEarly?(): void;
}

const fixedVersions: Readonly<Partial<Record<ExportProtocol, FixedVersion>>> = {
  'netflow-v1': 1,
  'netflow-v5': 5,
  'netflow-v7': 7,
};

function makerOf(protocol: ExportProtocol, isReliable: boolean, sendsFlows: boolean): MessageMaker {
  if (protocol === 'ipfix' || protocol === 'netflow-v9')
    return new MadeExporter({ protocol, isReliable, sendsFlows });
  if (protocol === 'sflow-v5') {
    const agent = new MadeSflowAgent(sendsFlows);
    return { make: (_, random, __, uptimeMs) => agent.make(random, uptimeMs) };
  }
  const version = fixedVersions[protocol]!;
  let sequence = 0;
  return {
    make: (_, random, seconds, uptimeMs) => {
      const message = makeFixed(version, random, sequence, seconds, uptimeMs);
      sequence += message.records.length;
      return message;
    },
  };
}

/** One session of a made exporter, with the records that it has sent and those that were delivered. */
export class FuzzedSession {
  readonly kind: SessionKind;
  readonly peer: string;
  readonly wire: Wire;
  /** Whether something of it was broken: then only some of its records must come. */
  isBroken = false;
  #isAbandoned = false;
  /** Records that it has sent, and those that were delivered. */
  sent = 0;
  delivered = 0;
  readonly #sendsFlows: boolean;
  readonly #expected: Counts = new Map();
  readonly #delivered: Counts = new Map();
  readonly #exporter: MessageMaker;
  readonly #isReliable: boolean;
  /** The message before, for damages that join two. */
  earlier: Uint8Array = new Uint8Array(0);

  constructor(kind: SessionKind, peer: string, wire: Wire, sendsFlows: boolean) {
    const { protocol, transport } = kind;
    this.kind = kind;
    this.peer = peer;
    this.wire = wire;
    this.#sendsFlows = sendsFlows;
    this.#isReliable = transportKinds[transport].isReliable;
    this.#exporter = makerOf(protocol, this.#isReliable, sendsFlows);
  }

  make(kind: MessageKind, random: Random, seconds: number, uptimeMs: number): MadeMessage {
    return this.#exporter.make(kind, random, seconds, uptimeMs);
  }

  /** The message arrives as it was made. */
  expect(message: MadeMessage): void {
    const texts = this.#note(message);
    if (this.#isAbandoned || (this.isBroken && this.#isReliable)) return;
    for (const text of texts) countIn(this.#expected, text);
  }

  /**
   * Something of it is broken from now on. Datagrams that come with their templates are right nevertheless.
   */
  break(message: MadeMessage, damage: string): void {
    const { length } = this.#note(message);
    // Nobody can know of the last records of a session, if they never came.
    if (removals.has(damage)) this.sent -= length;
    this.isBroken = true;
    this.#exporter.beginAnew?.();
  }

  /** What it sends from now on may reach bounds: nothing more of it must come. */
  abandon(): void {
    this.isBroken = true;
    this.#isAbandoned = true;
  }

  /** Time has passed: what waited for its template is given up. */
  forgetEarly(): void {
    this.#exporter.forgetEarly?.();
  }

  takeFlows(batch: FlowBatch): void {
    this.delivered += batch.length;
    if (this.#isAbandoned) return;
    const { observationDomainId } = batch.origin!;
    for (const flow of batch) countIn(this.#delivered, textOfFlow(flow, observationDomainId));
  }

  takeRecord({ origin, record }: CollectedRecord): void {
    this.delivered++;
    if (this.#isAbandoned) return;
    const text = recordText(record.values.map(textOf));
    countIn(this.#delivered, `${origin.observationDomainId} ${record.template.id} ${text}`);
  }

  /** @returns the texts of the message's records that a collector delivers */
  #note({ records, octets }: MadeMessage): string[] {
    this.earlier = octets;
    const texts = records.flatMap(
      (record) => (this.#sendsFlows ? flowTextOf(record) : textOfRecord(record)) ?? [],
    );
    this.sent += texts.length;
    return texts;
  }

  /** A record that was delivered more often than it was sent; undefined without any. */
  get uninvited(): string | undefined {
    return differenceOf(this.#delivered, this.#expected);
  }

  /** What is wrong with the records so far; undefined if they are right. */
  get fault(): string | undefined {
    const missing = differenceOf(this.#expected, this.#delivered);
    if (missing !== undefined) return `a record did not come: ${missing}`;
    const more = this.isBroken ? undefined : this.uninvited;
    return more === undefined ? undefined : `a record came that was not sent: ${more}`;
  }
}

/** The first text that is more often in one than in the other. */
function differenceOf(one: Counts, other: Counts): string | undefined {
  for (const [text, count] of one) if ((other.get(text) ?? 0) < count) return text;
  return undefined;
}

/** Ends and counters of a flow; those of a sampled flow before scaling. */
function textOfFlow(flow: FlowRecord, domain: number): string {
  const { sourceIP, destinationIP, sourceTransportPort = 0, destinationTransportPort = 0 } = flow;
  const octets = flow.sampledOctetDeltaCount ?? flow.octetDeltaCount;
  const packets = flow.sampledPacketDeltaCount ?? flow.packetDeltaCount;
  const ends = `${sourceIP}:${sourceTransportPort} ${destinationIP}:${destinationTransportPort}`;
  return `${domain} ${flow.protocolIdentifier ?? 0} ${ends} ${octets}/${packets}`;
}

const textOfRecord = ({ domain, template, values }: MadeRecord): string =>
  `${domain} ${template.id} ${recordText(values)}`;

/** The ends and counters of a made record; undefined if it is no flow. */
function flowTextOf({ template, domain, values }: MadeRecord): string | undefined {
  if (template.scope > 0) return undefined;
  const textIn = (...ids: number[]) =>
    values[template.fields.findIndex(({ enterprise, id }) => enterprise === 0 && ids.includes(id))] ?? '0';
  const address = (...ids: number[]) => JSON.parse(textIn(...ids)) as string;
  const ends = `${address(8, 27)}:${textIn(7)} ${address(12, 28)}:${textIn(11)}`;
  return `${domain} ${textIn(4)} ${ends} ${Number(textIn(1))}/${Number(textIn(2))}`;
}
