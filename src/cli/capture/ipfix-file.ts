import { messageLengthAt, TemplateStore } from '../../ipfix/index.ts';
import { FileReader } from './file-reader.ts';
import { Fragments } from './fragments.ts';
import { ipPacket } from './ip-packet.ts';
import { ipPacketOf } from './link-layer.ts';
import { MessageStream } from './message-stream.ts';
import type { Fault, Packet } from './packet.ts';
import { isPcap, readPcap } from './pcap.ts';
import { isPcapng, readPcapng } from './pcapng.ts';
import { TcpStream } from './tcp-stream.ts';
import { carriesTransport, TcpFlag, type TransportPacket, transportPacketOf } from './transport-packet.ts';

/** A transport session of a capture, or the one of a file of messages. */
export interface CapturedSession {
  /** Address and port of the exporter; undefined in a file of messages. */
  readonly exporter: string | undefined;
  readonly transport: 'udp' | 'tcp' | 'file';
  readonly templates: TemplateStore;
}

export interface CapturedMessage {
  readonly session: CapturedSession;
  /** Number of the packet that it ends in; undefined in a file of messages. */
  readonly packet: number | undefined;
  readonly octets: Uint8Array;
}

/** Something of a file that should have been IPFIX and could not be read. */
export interface CaptureFault extends Fault {
  readonly packet?: number;
  readonly exporter?: string;
}

const IPFIX_PORTS = new Set([4739, 4740]);
const MESSAGE_HEADER_OCTETS = 16;

/**
 * The IPFIX messages of a pcap file, a pcapng file or a file of messages (RFC 5655), in its order.
 * In captures a message is known by its header on any port; on IPFIX's own port everything else is a fault.
 */
export function* readIpfixFile(path: string): Generator<CapturedMessage | CaptureFault> {
  using file = new FileReader(path);
  const start = file.peek(4);
  if (isPcap(start)) yield* new CaptureReader().read(readPcap(file));
  else if (isPcapng(start)) yield* new CaptureReader().read(readPcapng(file));
  else if (messageLengthAt(start, 0) > 0) yield* readMessages(file);
  else {
    const text = 'neither a pcap or pcapng file nor a file of IPFIX messages';
    yield { offset: 0, reason: 'file-format-unknown', text };
  }
}

function* readMessages(file: FileReader): Generator<CapturedMessage | CaptureFault> {
  const session: CapturedSession = { exporter: undefined, transport: 'file', templates: new TemplateStore() };
  for (;;) {
    const { offset } = file;
    const start = file.peek(4);
    if (start.length === 0) return;
    const length = messageLengthAt(start, 0);
    if (length <= 0) {
      yield { offset, reason: 'message-header-invalid', text: 'the octets here do not begin a message' };
      return;
    }
    yield { session, packet: undefined, octets: file.take(length).slice() };
  }
}

interface Stream {
  readonly tcp: TcpStream;
  readonly messages: MessageStream;
}

/** Finds the messages in the packets of a capture. */
class CaptureReader {
  readonly #udpSessions = new Map<string, CapturedSession>();
  readonly #streams = new Map<string, Stream>();
  readonly #fragments = new Fragments();
  /** What the packet under way brought. */
  #found: (CapturedMessage | CaptureFault)[] = [];
  #packet = 0;

  *read(packets: Iterable<Packet | Fault>): Generator<CapturedMessage | CaptureFault> {
    for (const packet of packets) {
      if ('reason' in packet) yield packet;
      else {
        this.#packet = packet.number;
        this.#takePacket(packet);
        yield* this.#flush();
      }
    }
    for (const stream of this.#streams.values()) this.#endStream(stream);
    yield* this.#flush();
    const { incomplete } = this.#fragments;
    if (incomplete > 0) {
      const text = `${incomplete} fragmented packets are not in the capture as a whole; what they carry is not known`;
      yield { offset: 0, reason: 'ip-fragments-missing', text };
    }
  }

  *#flush(): Generator<CapturedMessage | CaptureFault> {
    const found = this.#found;
    this.#found = [];
    yield* found;
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
    const { payload, source, destination, destinationPort, missingOctets } = packet;
    const length = messageLengthAt(payload, 0);
    const isMessage = length >= MESSAGE_HEADER_OCTETS && length === payload.length + missingOctets;
    if (!isMessage && !IPFIX_PORTS.has(destinationPort)) return;
    const key = `${source} ${destination}`;
    let session = this.#udpSessions.get(key);
    if (session === undefined) {
      session = {
        exporter: source,
        transport: 'udp',
        templates: new TemplateStore({ obeysWithdrawals: false }),
      };
      this.#udpSessions.set(key, session);
    }
    this.#found.push({ session, packet: this.#packet, octets: payload.slice() });
  }

  #takeSegment(packet: TransportPacket): void {
    const key = `${packet.source} ${packet.destination}`;
    let stream = this.#streams.get(key);
    if (stream !== undefined && packet.flags & TcpFlag.syn) {
      this.#endStream(stream);
      stream = undefined;
    }
    stream ??= this.#openStream(packet);
    this.#streams.set(key, stream);
    if (stream.tcp.take(packet)) {
      this.#endStream(stream);
      this.#streams.delete(key);
    }
  }

  #openStream({ source, destinationPort }: TransportPacket): Stream {
    const session: CapturedSession = { exporter: source, transport: 'tcp', templates: new TemplateStore() };
    const messages = new MessageStream(IPFIX_PORTS.has(destinationPort), {
      message: (octets) => this.#found.push({ session, packet: this.#packet, octets }),
      fault: (fault) => this.#found.push({ ...fault, packet: this.#packet, exporter: source }),
    });
    return { messages, tcp: new TcpStream(messages) };
  }

  #endStream({ tcp, messages }: Stream): void {
    tcp.end();
    messages.end();
  }
}
