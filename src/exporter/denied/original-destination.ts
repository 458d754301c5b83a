import { AttributeCursor, writeIPv4, writeIPv6 } from '../netlink/index.ts';
import type { PacketBatch } from './packet-batch.ts';

/**
 * Reads where a packet was sent before destination NAT, from its connection:
 *
 *     NFULA_CT { CTA_TUPLE_ORIG { CTA_TUPLE_IP { V4_DST or V6_DST }, CTA_TUPLE_PROTO { DST_PORT } }, … }
 *
 * A rule denies a packet once it is translated, so that the packet itself no longer tells its Service. Its
 * connection is not confirmed, so that the kernel's table never shows it. Allocates nothing.
 */
export class OriginalDestination {
  readonly #part = new AttributeCursor();
  readonly #tuple = new AttributeCursor();
  readonly #leaf = new AttributeCursor();

  /**
   * Fills the Service of a row whose packet has been read, if the packet was sent elsewhere. The attribute
   * is in `bytes[start, end)`.
   * @returns whether the attribute is sound
   */
  read(batch: PacketBatch, row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { service, servicePort, destination, destinationPort } = batch;
    const part = this.#part.open(bytes, start, end);
    while (part.next()) if (part.type === CTA_TUPLE_ORIG && !this.#readTuple(batch, row)) return false;
    let isElsewhere = servicePort[row] !== destinationPort[row];
    for (let i = 4 * row; i < 4 * row + 4; i++) if (service[i] !== destination[i]) isElsewhere = true;
    if (servicePort[row] === 0 || !isElsewhere) clearService(batch, row);
    return !part.malformed;
  }

  #readTuple(batch: PacketBatch, row: number): boolean {
    const tuple = this.#tuple.enter(this.#part);
    let isSound = true;
    while (tuple.next()) {
      if (tuple.type === CTA_TUPLE_IP) isSound = this.#readAddress(batch.service, row) && isSound;
      else if (tuple.type === CTA_TUPLE_PROTO) isSound = this.#readPort(batch.servicePort, row) && isSound;
    }
    return isSound && !tuple.malformed;
  }

  #readAddress(service: Uint32Array, row: number): boolean {
    const address = this.#leaf.enter(this.#tuple);
    while (address.next()) {
      if (address.type === CTA_IP_V4_DST) writeIPv4(service, row, address.u32());
      else if (address.type === CTA_IP_V6_DST) writeIPv6(service, row, address);
    }
    return !address.malformed;
  }

  /** ICMP has none, and no Service. */
  #readPort(servicePort: Uint16Array, row: number): boolean {
    const part = this.#leaf.enter(this.#tuple);
    while (part.next()) if (part.type === CTA_PROTO_DST_PORT) servicePort[row] = part.u16();
    return !part.malformed;
  }
}

export function clearService({ service, servicePort }: PacketBatch, row: number): void {
  service.fill(0, 4 * row, 4 * row + 4);
  servicePort[row] = 0;
}

// linux/netfilter/nfnetlink_conntrack.h
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_IP_V4_DST = 2;
const CTA_IP_V6_DST = 4;
const CTA_PROTO_DST_PORT = 3;
