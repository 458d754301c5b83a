import {
  AttributeCursor,
  type MessageCursor,
  NFGENMSG_OCTETS,
  writeIPv4,
  writeIPv6,
} from '../netlink/index.ts';
import {
  type ConnectionBatch,
  ConnectionStatus,
  type RowKind,
  type TupleColumns,
} from './connection-batch.ts';
import * as ct from './ctnetlink.ts';

/**
 * Parses conntrack messages into a batch's columns without allocating. The message of a row:
 *
 *     nfgenmsg (4: family, version, resource id) | attributes CTA_* of linux/netfilter/nfnetlink_conntrack.h,
 *       nested up to three deep:
 *       TUPLE_ORIG, TUPLE_REPLY { IP { V4_SRC … V6_DST }, PROTO { NUM, SRC_PORT, DST_PORT, ICMP_* }, ZONE }
 *       COUNTERS_ORIG, COUNTERS_REPLY { PACKETS, BYTES }    TIMESTAMP { START, STOP }
 *       PROTOINFO { TCP { STATE, FLAGS_ORIGINAL } }
 *       STATUS, TIMEOUT, MARK, ID, ZONE, TIMESTAMP_EVENT
 *
 * Numbers are in network order. Other attributes are ignored.
 */
export class ConnectionParser {
  /** Messages with inconsistent lengths or without an original tuple; they add no row. */
  malformed = 0;
  readonly #top = new AttributeCursor();
  readonly #middle = new AttributeCursor();
  readonly #leaf = new AttributeCursor();

  /**
   * Appends a row to a batch. The batch must have room, and its owner must have called empty() before the
   * first row.
   */
  parse(message: MessageCursor, kind: RowKind, batch: ConnectionBatch): void {
    if (message.end - message.start < NFGENMSG_OCTETS) {
      this.malformed++;
      return;
    }
    const row = batch.rows;
    batch.kind[row] = kind;
    batch.family[row] = message.bytes[message.start]!;
    if (this.#attributes(message, batch, row)) {
      batch.rows = row + 1;
    } else {
      this.malformed++;
      batch.clear(row, row + 1);
    }
  }

  /** False if anything is malformed or the original tuple is missing. */
  #attributes(message: MessageCursor, batch: ConnectionBatch, row: number): boolean {
    const top = this.#top.open(message.bytes, message.start + NFGENMSG_OCTETS, message.end);
    let sound = true;
    let hasTuple = false;
    while (top.next()) {
      switch (top.type) {
        case ct.CTA_TUPLE_ORIG:
          hasTuple = true;
          sound = this.#tuple(batch, batch.original, row) && sound;
          break;
        case ct.CTA_TUPLE_REPLY:
          sound = this.#tuple(batch, batch.reply, row) && sound;
          break;
        case ct.CTA_STATUS:
          batch.status[row]! |= top.u32();
          break;
        case ct.CTA_TIMEOUT:
          batch.timeoutSeconds[row] = top.u32();
          break;
        case ct.CTA_MARK:
          batch.mark[row] = top.u32();
          break;
        case ct.CTA_ID:
          batch.id[row] = top.u32();
          break;
        case ct.CTA_ZONE:
          batch.zone[row] = top.u16();
          break;
        case ct.CTA_COUNTERS_ORIG:
          sound = this.#counters(batch.originalPackets, batch.originalOctets, row) && sound;
          break;
        case ct.CTA_COUNTERS_REPLY:
          sound = this.#counters(batch.replyPackets, batch.replyOctets, row) && sound;
          break;
        case ct.CTA_TIMESTAMP:
          sound = this.#times(batch, row) && sound;
          break;
        case ct.CTA_TIMESTAMP_EVENT:
          batch.timeMs[row] = millisecondsOf(top.u64());
          break;
        case ct.CTA_PROTOINFO:
          sound = this.#protocolState(batch, row) && sound;
      }
    }
    return sound && hasTuple && !top.malformed;
  }

  #tuple(batch: ConnectionBatch, columns: TupleColumns, row: number): boolean {
    const part = this.#middle.enter(this.#top);
    let sound = true;
    while (part.next()) {
      if (part.type === ct.CTA_TUPLE_IP) sound = this.#addresses(columns, row) && sound;
      else if (part.type === ct.CTA_TUPLE_PROTO) sound = this.#ports(batch, columns, row) && sound;
      // A zone for one direction only stands in that direction's tuple; a connection has one zone.
      else if (part.type === ct.CTA_TUPLE_ZONE) batch.zone[row] = part.u16();
    }
    return sound && !part.malformed;
  }

  #addresses(columns: TupleColumns, row: number): boolean {
    const address = this.#leaf.enter(this.#middle);
    while (address.next()) {
      switch (address.type) {
        case ct.CTA_IP_V4_SRC:
          writeIPv4(columns.source, row, address.u32());
          break;
        case ct.CTA_IP_V4_DST:
          writeIPv4(columns.destination, row, address.u32());
          break;
        case ct.CTA_IP_V6_SRC:
          writeIPv6(columns.source, row, address);
          break;
        case ct.CTA_IP_V6_DST:
          writeIPv6(columns.destination, row, address);
      }
    }
    return !address.malformed;
  }

  #ports(batch: ConnectionBatch, columns: TupleColumns, row: number): boolean {
    const part = this.#leaf.enter(this.#middle);
    while (part.next()) {
      switch (part.type) {
        case ct.CTA_PROTO_NUM:
          batch.protocol[row] = part.u8();
          break;
        case ct.CTA_PROTO_SRC_PORT:
          columns.sourcePort[row] = part.u16();
          break;
        case ct.CTA_PROTO_DST_PORT:
          columns.destinationPort[row] = part.u16();
          break;
        case ct.CTA_PROTO_ICMP_ID:
        case ct.CTA_PROTO_ICMPV6_ID:
          columns.icmpId[row] = part.u16();
          break;
        case ct.CTA_PROTO_ICMP_TYPE:
        case ct.CTA_PROTO_ICMPV6_TYPE:
          columns.icmpType[row] = part.u8();
          break;
        case ct.CTA_PROTO_ICMP_CODE:
        case ct.CTA_PROTO_ICMPV6_CODE:
          columns.icmpCode[row] = part.u8();
      }
    }
    return !part.malformed;
  }

  #counters(packets: Float64Array, octets: Float64Array, row: number): boolean {
    const counter = this.#middle.enter(this.#top);
    while (counter.next()) {
      if (counter.type === ct.CTA_COUNTERS_PACKETS) packets[row] = counter.u64();
      else if (counter.type === ct.CTA_COUNTERS_BYTES) octets[row] = counter.u64();
    }
    return !counter.malformed;
  }

  #times(batch: ConnectionBatch, row: number): boolean {
    const time = this.#middle.enter(this.#top);
    while (time.next()) {
      if (time.type === ct.CTA_TIMESTAMP_START) batch.startTimeMs[row] = millisecondsOf(time.u64());
      else if (time.type === ct.CTA_TIMESTAMP_STOP) batch.stopTimeMs[row] = millisecondsOf(time.u64());
    }
    return !time.malformed;
  }

  /**
   * The kernel is liberal with sequence numbers of connections that it met midway. A connection without that
   * flag was seen from its first packet. Destroy events only have the state.
   */
  #protocolState(batch: ConnectionBatch, row: number): boolean {
    const part = this.#middle.enter(this.#top);
    if (!part.next() || part.type !== ct.CTA_PROTOINFO_TCP) return !part.malformed;
    const state = this.#leaf.enter(part);
    while (state.next()) {
      if (state.type === ct.CTA_PROTOINFO_TCP_STATE) batch.tcpState[row] = state.u8();
      if (state.type !== ct.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL) continue;
      if ((state.u8() & ct.TCP_FLAG_BE_LIBERAL) === 0) batch.status[row]! |= ConnectionStatus.openingSeen;
      break;
    }
    return !state.malformed;
  }
}

/** Converts the kernel's nanoseconds; 0 means that it did not record the time. */
function millisecondsOf(nanoseconds: number): number {
  return nanoseconds === 0 ? Number.NaN : nanoseconds / 1e6;
}
