import type { IpPacket } from './ip-packet.ts';

/** Maximum packets that wait for fragments; the oldest gives way. */
const MAX_PACKETS = 256;
const MAX_PAYLOAD_OCTETS = 65_535;
/** Fragments begin at multiples of this many octets. */
const UNIT_OCTETS = 8;

interface Waiting {
  readonly payload: Uint8Array;
  /** 1 for each unit of the payload that has arrived. */
  readonly isHere: Uint8Array;
  /** Octets of the whole payload, once its end has arrived. */
  length: number | undefined;
}

/**
 * Reassembles fragmented packets (RFC 791 section 3.2, RFC 8200 section 4.5). Each fragment costs the same,
 * however many there are.
 */
export class Fragments {
  readonly #waiting = new Map<string, Waiting>();
  #givenUp = 0;

  /** Packets with missing fragments. */
  get incomplete(): number {
    return this.#waiting.size + this.#givenUp;
  }

  /** The whole packet: the given one, or the one that it completes. Undefined while fragments are missing. */
  whole(packet: IpPacket): IpPacket | undefined {
    const { fragment, source, destination, protocol } = packet;
    if (fragment === undefined) return packet;
    const key = `${source} ${destination} ${protocol} ${fragment.id}`;
    const waiting = this.#waiting.get(key) ?? this.#await(key);
    putFragment(waiting, fragment, packet.payload);
    const payload = wholePayload(waiting);
    if (payload === undefined) return undefined;
    this.#waiting.delete(key);
    return { ...packet, payload, fragment: undefined };
  }

  #await(key: string): Waiting {
    const waiting: Waiting = {
      payload: new Uint8Array(MAX_PAYLOAD_OCTETS),
      isHere: new Uint8Array(Math.ceil(MAX_PAYLOAD_OCTETS / UNIT_OCTETS)),
      length: undefined,
    };
    this.#waiting.set(key, waiting);
    if (this.#waiting.size > MAX_PACKETS) {
      this.#waiting.delete(this.#waiting.keys().next().value!);
      this.#givenUp++;
    }
    return waiting;
  }
}

function putFragment(
  waiting: Waiting,
  { offset, isLast }: NonNullable<IpPacket['fragment']>,
  payload: Uint8Array,
): void {
  const end = offset + payload.length;
  if (end > MAX_PAYLOAD_OCTETS) return;
  waiting.payload.set(payload, offset);
  const units = end / UNIT_OCTETS;
  waiting.isHere.fill(1, offset / UNIT_OCTETS, isLast ? Math.ceil(units) : Math.floor(units));
  if (isLast) waiting.length = end;
}

/** The complete payload, or undefined while it has a gap. */
function wholePayload({ payload, isHere, length }: Waiting): Uint8Array | undefined {
  if (length === undefined) return undefined;
  const isWhole = !isHere.subarray(0, Math.ceil(length / UNIT_OCTETS)).includes(0);
  return isWhole ? payload.subarray(0, length) : undefined;
}
