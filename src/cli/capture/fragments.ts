import type { IpPacket } from './ip-packet.ts';

/** Packets whose fragments are waited for at a time; the oldest gives way. */
const MAX_PACKETS = 256;

interface Waiting {
  readonly parts: IpPacket[];
  /** Octets of the whole payload, once its end is here. */
  length: number | undefined;
}

/** Puts fragmented packets together again (RFC 791 section 3.2, RFC 8200 section 4.5). */
export class Fragments {
  readonly #waiting = new Map<string, Waiting>();

  /** Packets of which something is missing. */
  get incomplete(): number {
    return this.#waiting.size;
  }

  /** The whole packet: the one given, or the one that it completes; undefined while something is missing. */
  whole(packet: IpPacket): IpPacket | undefined {
    const { fragment, source, destination, protocol } = packet;
    if (fragment === undefined) return packet;
    const key = `${source} ${destination} ${protocol} ${fragment.id}`;
    const waiting: Waiting = this.#waiting.get(key) ?? { parts: [], length: undefined };
    this.#waiting.set(key, waiting);
    waiting.parts.push({ ...packet, payload: packet.payload.slice() });
    if (fragment.isLast) waiting.length = fragment.offset + packet.payload.length;
    const payload = join(waiting);
    if (payload !== undefined) {
      this.#waiting.delete(key);
      return { ...packet, payload, fragment: undefined };
    }
    if (this.#waiting.size > MAX_PACKETS) this.#waiting.delete(this.#waiting.keys().next().value!);
    return undefined;
  }
}

/** The payload without a gap, or undefined. */
function join({ parts, length }: Waiting): Uint8Array | undefined {
  if (length === undefined) return undefined;
  const payload = new Uint8Array(length);
  let filled = 0;
  for (const part of parts.toSorted((a, b) => a.fragment!.offset - b.fragment!.offset)) {
    const { offset } = part.fragment!;
    if (offset > filled) return undefined;
    payload.set(part.payload.subarray(0, Math.max(0, length - offset)), offset);
    filled = Math.max(filled, offset + part.payload.length);
  }
  return filled >= length ? payload : undefined;
}
