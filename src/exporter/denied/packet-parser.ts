import { AttributeCursor, type MessageCursor, NFGENMSG_OCTETS } from '../netlink/index.ts';
import { READ, readIpPacket } from './ip-packet.ts';
import { clearService, OriginalDestination } from './original-destination.ts';
import { Count, type PacketBatch, PacketDirection } from './packet-batch.ts';

/**
 * Reads NFULNL_MSG_PACKET messages into rows of a batch (linux/netfilter/nfnetlink_log.h). After the
 * nlmsghdr:
 *
 *     nfgenmsg: family (8) | version (8) | group (16, network order)
 *     attributes: NFULA_PACKET_HDR (protocol (16), hook (8), pad (8)), NFULA_PREFIX, NFULA_PAYLOAD,
 *       NFULA_SEQ, NFULA_CT, NFULA_CT_INFO, …
 *
 * Allocates nothing. The batch counts packets that cannot be read.
 */
export class PacketParser {
  readonly #attribute = new AttributeCursor();
  readonly #nested = new AttributeCursor();
  readonly #original = new OriginalDestination();
  /** By group, the expected number of its next packet; it starts at 0 when the group is bound. */
  readonly #sequence = new Map<number, number>();

  /** The group has just been bound. */
  expectFirst(group: number): void {
    this.#sequence.set(group, 0);
  }

  /**
   * @param message of type NFULNL_MSG_PACKET
   * @param batch must not be full
   */
  parse(message: MessageCursor, batch: PacketBatch, receivedMs: number): void {
    batch.counts[Count.packets]!++;
    const { bytes, start, end } = message;
    if (end - start < NFGENMSG_OCTETS) {
      batch.counts[Count.malformed]!++;
      return;
    }
    const family = bytes[start]!;
    const group = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    const outcome = this.#read(message, batch, family, group, receivedMs);
    if (outcome === READ) batch.length++;
    else batch.counts[outcome]!++;
  }

  #read(
    { bytes, start, end }: MessageCursor,
    batch: PacketBatch,
    family: number,
    group: number,
    receivedMs: number,
  ): number {
    const row = batch.length;
    clearRow(batch, row);
    batch.timeMs[row] = receivedMs;
    let etherType = 0;
    let hook = 0;
    let prefixStart = 0;
    let prefixEnd = 0;
    let payloadStart = -1;
    let payloadEnd = -1;
    let connectionStart = -1;
    let connectionEnd = -1;
    let connectionInfo = IP_CT_NEW;
    const at = this.#attribute.open(bytes, start + NFGENMSG_OCTETS, end);
    while (at.next()) {
      switch (at.type) {
        case NFULA_PACKET_HDR:
          etherType = at.u16();
          hook = at.octets >= 3 ? bytes[at.start + 2]! : 0;
          break;
        case NFULA_TIMESTAMP:
          batch.timeMs[row] = timeOf(at);
          break;
        case NFULA_IFINDEX_INDEV:
          batch.ingressInterface[row] = at.u32();
          break;
        case NFULA_IFINDEX_OUTDEV:
          batch.egressInterface[row] = at.u32();
          break;
        case NFULA_PAYLOAD:
          payloadStart = at.start;
          payloadEnd = at.end;
          break;
        case NFULA_PREFIX:
          prefixStart = at.start;
          prefixEnd = at.end;
          while (prefixEnd > prefixStart && bytes[prefixEnd - 1] === 0) prefixEnd--;
          break;
        case NFULA_SEQ:
          this.#follow(group, at.u32(), batch);
          break;
        case NFULA_CT:
          connectionStart = at.start;
          connectionEnd = at.end;
          break;
        case NFULA_CT_INFO:
          connectionInfo = at.u32();
          break;
        case NFULA_HWHEADER:
          batch.vlanId[row] = vlanOfEthernet(bytes, at.start, at.end);
          break;
        case NFULA_VLAN:
          batch.vlanId[row] = vlanOf(this.#nested.enter(at));
          at.malformed ||= this.#nested.malformed;
      }
    }
    if (at.malformed) return Count.malformed;
    if (etherType !== ETHERTYPE_IPV4 && etherType !== ETHERTYPE_IPV6) return Count.notIp;
    if (payloadStart < 0) return Count.truncated;
    batch.direction[row] = directionOf(family, hook);
    const outcome = readIpPacket(bytes, payloadStart, payloadEnd, batch);
    if (outcome !== READ) return outcome;
    // What answers was sent to nobody's Service.
    const isSent = connectionInfo === IP_CT_NEW || connectionInfo === IP_CT_ESTABLISHED;
    if (connectionStart >= 0 && isSent) {
      const isSound = this.#original.read(batch, row, bytes, connectionStart, connectionEnd);
      if (!isSound) return Count.malformed;
    }
    batch.label[row] = batch.labelOf(group, bytes, prefixStart, prefixEnd);
    return READ;
  }

  /**
   * A packet gets its number before the kernel tries to deliver it, so a gap is the exact number of lost
   * packets. Numbers wrap at 2^32; a step back shows nothing.
   */
  #follow(group: number, sequence: number, batch: PacketBatch): void {
    const gap = (sequence - (this.#sequence.get(group) ?? sequence)) | 0;
    if (gap > 0) batch.counts[Count.lost]! += gap;
    this.#sequence.set(group, (sequence + 1) >>> 0);
  }
}

function clearRow(batch: PacketBatch, row: number): void {
  batch.ingressInterface[row] = 0;
  batch.egressInterface[row] = 0;
  batch.sourcePort[row] = 0;
  batch.destinationPort[row] = 0;
  batch.icmpTypeCode[row] = 0;
  batch.vlanId[row] = 0;
  batch.tcpControlBits[row] = 0;
  clearService(batch, row);
}

/** struct nfulnl_msg_packet_timestamp: seconds (64), microseconds (64). */
function timeOf(at: AttributeCursor): number {
  const seconds = at.u64();
  at.start += 8;
  return seconds * 1000 + at.u64() / 1000;
}

/** NFULA_VLAN: NFULA_VLAN_PROTO (16), NFULA_VLAN_TCI (16): priority (3), DEI (1), VLAN (12). */
function vlanOf(at: AttributeCursor): number {
  let vlan = 0;
  while (at.next()) if (at.type === NFULA_VLAN_TCI) vlan = at.u16() & 0xfff;
  return vlan;
}

/**
 * destination (48) | source (48) | ethertype (16), and after 802.1Q or 802.1ad the tag control information
 * (16).
 */
function vlanOfEthernet(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 16) return 0;
  const etherType = (bytes[start + 12]! << 8) | bytes[start + 13]!;
  if (etherType !== ETHERTYPE_8021Q && etherType !== ETHERTYPE_8021AD) return 0;
  return ((bytes[start + 14]! << 8) | bytes[start + 15]!) & 0xfff;
}

/**
 * A packet that leaves this host is egress, one that arrives is ingress. Hooks have the same numbers for IP
 * and bridges (linux/netfilter.h, netfilter_bridge.h).
 */
function directionOf(family: number, hook: number): number {
  if (family === NFPROTO_NETDEV)
    return hook === NF_NETDEV_EGRESS ? PacketDirection.egress : PacketDirection.ingress;
  if (hook === NF_INET_FORWARD) return PacketDirection.forward;
  return hook === NF_INET_LOCAL_OUT || hook === NF_INET_POST_ROUTING
    ? PacketDirection.egress
    : PacketDirection.ingress;
}

const NFULA_PACKET_HDR = 1;
const NFULA_TIMESTAMP = 3;
const NFULA_IFINDEX_INDEV = 4;
const NFULA_IFINDEX_OUTDEV = 5;
const NFULA_PAYLOAD = 9;
const NFULA_PREFIX = 10;
const NFULA_SEQ = 12;
const NFULA_HWHEADER = 16;
const NFULA_CT = 18;
const NFULA_CT_INFO = 19;
const NFULA_VLAN = 20;
const NFULA_VLAN_TCI = 2;

const IP_CT_ESTABLISHED = 0;
const IP_CT_NEW = 2;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_8021Q = 0x8100;
const ETHERTYPE_8021AD = 0x88a8;

const NFPROTO_NETDEV = 5;
const NF_NETDEV_EGRESS = 1;
const NF_INET_FORWARD = 2;
const NF_INET_LOCAL_OUT = 3;
const NF_INET_POST_ROUTING = 4;
