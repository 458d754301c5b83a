import type { IpPacket } from './ip-packet.ts';
import { viewOf } from './pcap.ts';

/** The UDP or TCP payload of one IP packet. */
export interface TransportPacket {
  readonly protocol: 'udp' | 'tcp';
  /** Address and port of the sender and the receiver: 10.0.0.1:4739, [fd00::1]:4739. */
  readonly source: string;
  readonly destination: string;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
  /** Octets of the payload that the capture cut off. */
  readonly missingOctets: number;
  /** TCP only. */
  readonly sequence: number;
  readonly flags: number;
}

export const TcpFlag = { fin: 1, syn: 2, rst: 4 } as const;

const UDP = 17;
const TCP = 6;

export const carriesTransport = ({ protocol }: IpPacket): boolean => protocol === UDP || protocol === TCP;

/** Undefined for other protocols, and for a packet truncated within its header. */
export function transportPacketOf(packet: IpPacket): TransportPacket | undefined {
  if (packet.protocol === UDP) return udpOf(packet);
  return packet.protocol === TCP ? tcpOf(packet) : undefined;
}

/**
 *     source port (2) | destination port (2) | length (2) | checksum (2) | payload
 */
function udpOf(ip: IpPacket): TransportPacket | undefined {
  if (ip.payload.length < 8) return undefined;
  const length = viewOf(ip.payload).getUint16(4);
  return { ...endsOf(ip), protocol: 'udp', payload: ip.payload.subarray(8, length), sequence: 0, flags: 0 };
}

/**
 *     source port (2) | destination port (2) | sequence (4) | acknowledgement (4) | header words, flags (2) |
 *       …
 */
function tcpOf(ip: IpPacket): TransportPacket | undefined {
  if (ip.payload.length < 20) return undefined;
  const header = (ip.payload[12]! >>> 4) * 4;
  return {
    ...endsOf(ip),
    protocol: 'tcp',
    payload: ip.payload.subarray(header),
    sequence: viewOf(ip.payload).getUint32(4),
    flags: ip.payload[13]!,
  };
}

function endsOf({ source, destination, payload, missingOctets }: IpPacket) {
  const view = viewOf(payload);
  const endText = (address: string, port: number) =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return {
    source: endText(source, view.getUint16(0)),
    destination: endText(destination, view.getUint16(2)),
    destinationPort: view.getUint16(2),
    missingOctets,
  };
}
