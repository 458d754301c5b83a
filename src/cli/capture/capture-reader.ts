import {
  type ExportProtocol,
  isExportPacket,
  messageLengthAt,
  protocolOf,
  sessionKeyOf,
  TemplateStore,
} from '../../ipfix/index.ts';
import type { Captured, CapturedSession } from './captured.ts';
import { Fragments } from './fragments.ts';
import { ipPacket } from './ip-packet.ts';
import { ipPacketOf } from './link-layer.ts';
import { MessageStream } from './message-stream.ts';
import type { Fault, Packet } from './packet.ts';
import { RecentlyUsed } from './recently-used.ts';
import { type Backlog, TcpStream } from './tcp-stream.ts';
import { carriesTransport, TcpFlag, type TransportPacket, transportPacketOf } from './transport-packet.ts';

const IPFIX_PORTS = new Set([4739, 4740]);
/** Ports to which exporters of NetFlow and sFlow send by habit. */
const NETFLOW_PORTS = new Set([2055, 9995]);
const SFLOW_PORTS = new Set([6343]);
const MESSAGE_HEADER_OCTETS = 16;
/** Maximum sessions of each transport at a time, with templates of at most 1 MB each. */
const MAX_SESSIONS = 1024;
/** Maximum streams that are known not to be IPFIX. */
const MAX_OTHER_STREAMS = 65_536;

interface Stream {
  readonly tcp: TcpStream;
  readonly messages: MessageStream;
}

/** Finds the messages in the packets of a capture. Its memory is bounded, whatever the capture contains. */
export class CaptureReader {
  readonly #udpSessions = new RecentlyUsed<CapturedSession>(MAX_SESSIONS);
  readonly #streams = new RecentlyUsed<Stream>(MAX_SESSIONS, (stream) => this.#endStream(stream));
  readonly #otherStreams = new RecentlyUsed<true>(MAX_OTHER_STREAMS);
  readonly #backlog: Backlog = { octets: 0 };
  readonly #fragments = new Fragments();
  /** Results of the current packet. */
  #found: Captured[] = [];
  #packet = 0;
  #timeMs: number | undefined;

  async *read(packets: AsyncIterable<Packet | Fault>): AsyncGenerator<Captured> {
    for await (const packet of packets) {
      if ('reason' in packet) yield packet;
      else {
        this.#packet = packet.number;
        this.#timeMs = packet.timeMs;
        this.#takePacket(packet);
        if (this.#found.length > 0) yield* this.#flush();
      }
    }
    for (const stream of this.#streams.values()) {
      this.#endStream(stream);
      yield* this.#flush();
    }
    const { incomplete } = this.#fragments;
    if (incomplete > 0) {
      const text = `${incomplete} fragmented packets are incomplete in the capture; their contents are unknown`;
      yield { offset: 0, reason: 'ip-fragments-missing', text };
    }
  }

  #flush(): Captured[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  #takePacket(captured: Packet): void {
    const octets = ipPacketOf(captured);
    const ip = octets && ipPacket(octets);
    const whole = ip && carriesTransport(ip) ? this.#fragments.whole(ip) : undefined;
    const packet = whole && transportPacketOf(whole);
    if (packet?.protocol === 'udp') this.#takeDatagram(packet);
    else if (packet?.protocol === 'tcp') this.#takeSegment(packet);
  }

  #takeDatagram(packet: TransportPacket): void {
    const { payload, destinationPort, missingOctets } = packet;
    const isExpected = IPFIX_PORTS.has(destinationPort);
    const octets = payload.length + missingOctets;
    const length = messageLengthAt(payload, 0);
    const isMessage = length >= MESSAGE_HEADER_OCTETS && length === octets;
    const exportProtocol = isMessage ? 'ipfix' : foreignProtocolOf(payload, octets, destinationPort);
    if (exportProtocol === undefined) {
      if (!isExpected) return;
    }
    this.#takeMessage(packet, exportProtocol ?? 'ipfix');
  }

  #takeMessage({ payload, source, destination }: TransportPacket, exportProtocol: ExportProtocol): void {
    const key = `${destination} ${source} ${sessionKeyOf(exportProtocol, payload)}`;
    let session = this.#udpSessions.get(key);
    if (session === undefined) {
      session = {
        exporter: source,
        transport: 'udp',
        exportProtocol,
        templates: new TemplateStore({ obeysWithdrawals: false }),
      };
      this.#udpSessions.set(key, session);
    }
    this.#found.push({ session, packet: this.#packet, timeMs: this.#timeMs, octets: payload.slice() });
  }

  #takeSegment(packet: TransportPacket): void {
    const key = `${packet.source} ${packet.destination}`;
    const isNew = (packet.flags & TcpFlag.syn) !== 0;
    if (isNew) this.#otherStreams.delete(key);
    else if (this.#otherStreams.get(key)) return;
    const known = this.#streams.get(key);
    if (isNew && known !== undefined) this.#endStream(known);
    const stream = isNew || known === undefined ? this.#openStream(packet) : known;
    this.#streams.set(key, stream);
    const isDone = stream.tcp.take(packet);
    if (isDone) this.#endStream(stream);
    else if (stream.messages.isNone) this.#otherStreams.set(key, true);
    if (stream.messages.isNone) this.#streams.delete(key);
  }

  #openStream({ source, destinationPort }: TransportPacket): Stream {
    const session: CapturedSession = {
      exporter: source,
      transport: 'tcp',
      exportProtocol: 'ipfix',
      templates: new TemplateStore(),
    };
    const messages = new MessageStream(IPFIX_PORTS.has(destinationPort), {
      message: (octets) => this.#found.push({ session, packet: this.#packet, timeMs: this.#timeMs, octets }),
      undecoded: (undecoded) => this.#found.push({ undecoded, exporter: source }),
      fault: (fault) => this.#found.push({ ...fault, packet: this.#packet, exporter: source }),
    });
    return { messages, tcp: new TcpStream(messages, this.#backlog) };
  }

  #endStream({ tcp, messages }: Stream): void {
    tcp.end();
    messages.end();
  }
}

/**
 * The protocol of a datagram that is not IPFIX: by its header on the ports for flows, by all its parts on
 * others.
 * @param length of the datagram, of which `payload` may be only the begin
 */
function foreignProtocolOf(payload: Uint8Array, length: number, port: number): ExportProtocol | undefined {
  const protocol = protocolOf(payload);
  if (protocol === undefined || protocol === 'ipfix') return undefined;
  const habitual = protocol === 'sflow-v5' ? SFLOW_PORTS : NETFLOW_PORTS;
  const isExpected = IPFIX_PORTS.has(port) || habitual.has(port);
  return isExpected || isExportPacket(payload, length) ? protocol : undefined;
}
