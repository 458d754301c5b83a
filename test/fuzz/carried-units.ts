import { type AvailableTransport, transportKinds } from '../../src/ipfix/index.ts';
import type { MadeMessage } from '../support/made-exporter.ts';
import type { MessagePart } from '../support/message-octets.ts';
import type { Random } from '../support/random.ts';
import { damages } from './damage.ts';

/*
 * What a relay carries as one: a datagram, a record of TLS, or a message of IPFIX over TCP.
 */

const part = (kind: MessagePart['kind'], offset: number, size: number): MessagePart => ({
  kind,
  offset,
  size,
});

/** The header of a record: type, version, for DTLS epoch and sequence number, length (RFC 8446, RFC 6347). */
const tlsParts = [part('set id', 0, 1), part('version', 1, 2), part('length', 3, 2)];
const dtlsParts = [
  part('set id', 0, 1),
  part('version', 1, 2),
  part('domain', 3, 2),
  part('sequence', 7, 4),
  part('length', 11, 2),
];
/** That of a handshake message in it: type, length, number, offset and length of the fragment. */
const handshakeParts = [
  part('set id', 13, 1),
  part('length', 14, 3),
  part('sequence', 17, 2),
  part('sequence', 19, 3),
  part('length', 22, 3),
];
const messageParts = [part('version', 0, 2), part('length', 2, 2), part('sequence', 8, 4)];

const HANDSHAKE = 22;

function partsOf(unit: Uint8Array, transport: AvailableTransport): MessagePart[] {
  const { isSecured, isReliable } = transportKinds[transport];
  if (!isSecured) return messageParts;
  if (isReliable) return tlsParts;
  return unit[0] === HANDSHAKE ? [...dtlsParts, ...handshakeParts] : dtlsParts;
}

/** Octets of the unit that these octets begin with; undefined while that is not known. */
function unitOctets(octets: Uint8Array, transport: AvailableTransport): number | undefined {
  const isRecord = transportKinds[transport].isSecured;
  const lengthAt = isRecord ? 3 : 2;
  if (octets.length < lengthAt + 2) return undefined;
  const length = octets[lengthAt]! * 256 + octets[lengthAt + 1]!;
  return isRecord ? 5 + length : Math.max(4, length);
}

/** Cuts a stream into its units. Octets at its end without a whole unit are never carried. */
export class StreamUnits {
  readonly #transport: AvailableTransport;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(transport: AvailableTransport) {
    this.#transport = transport;
  }

  *push(chunk: Uint8Array): Generator<Uint8Array> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const octets = unitOctets(this.#rest, this.#transport);
      if (octets === undefined || this.#rest.length < octets) return;
      yield this.#rest.subarray(0, octets);
      this.#rest = this.#rest.subarray(octets);
    }
  }
}

/** The damage that ends a connection in the middle of a unit. */
export const ENDED = 'ended';
/** Damages to units; others need sets. */
export const unitDamages = [
  ...Object.keys(damages).filter((name) => name !== 'set again' && name !== 'without a set'),
  ENDED,
];

/** What is broken on the way of a connection, and when. */
export interface Break {
  readonly direction: 'to collector' | 'to exporter';
  /** Number of the unit in its direction. */
  readonly unit: number;
  readonly damage: string;
}

/** One direction of a connection. It breaks one of its units. */
export class BrokenWay {
  readonly #transport: AvailableTransport;
  readonly #break: Break | undefined;
  readonly #random: Random;
  #units = 0;
  #earlier: Uint8Array | undefined;

  constructor(transport: AvailableTransport, broken: Break | undefined, random: Random) {
    this.#transport = transport;
    this.#break = broken;
    this.#random = random;
  }

  /** @returns what is carried in the place of a unit, and whether the connection ends with it */
  carry(octets: Uint8Array): { readonly carried: readonly Uint8Array[]; readonly isEnd: boolean } {
    const unit = new Uint8Array(octets); // a slice of a Buffer is no copy
    const number = this.#units++;
    const earlier = this.#earlier ?? unit;
    this.#earlier = unit;
    const { damage } = this.#break ?? {};
    if (damage === undefined || number !== this.#break!.unit) return { carried: [unit], isEnd: false };
    if (damage === ENDED) return { carried: [unit.subarray(0, unit.length >>> 1)], isEnd: true };
    const known: MadeMessage = { octets: unit, parts: partsOf(unit, this.#transport), records: [] };
    const parts = known.parts.filter(({ offset, size }) => offset + size <= unit.length);
    return { carried: damages[damage]!({ ...known, parts }, earlier, this.#random), isEnd: false };
  }
}
