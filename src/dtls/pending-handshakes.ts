import type { Clock } from '../runtime/index.ts';
import { DtlsError } from './dtls-error.ts';
import type { Handshake } from './handshake.ts';

/** Maximum handshakes at once, and octets of memory for them. */
const MAX_HANDSHAKES = 1_024;
const MAX_OCTETS = 64 * 1024 * 1024;
/** A handshake must be complete after this long. */
const DEADLINE_MS = 10_000;
/** How often to look which flights must be repeated: OpenSSL waits for whole seconds. */
const TICK_MS = 100;

/**
 * The handshakes under way, by their client's name, bounded in number, memory and time. When there is no
 * room, the address with most of them loses its oldest. One timer repeats the flights of all.
 */
export class PendingHandshakes {
  readonly #clock: Clock;
  readonly #fail: (handshake: Handshake, error: DtlsError) => void;
  /** In the order in which they began. */
  readonly #byPeer = new Map<string, Handshake>();
  readonly #countByAddress = new Map<string, number>();
  #octets = 0;
  #cancelTick: (() => void) | undefined;

  /** @param fail called for each handshake that this object removes and frees */
  constructor(clock: Clock, fail: (handshake: Handshake, error: DtlsError) => void) {
    this.#clock = clock;
    this.#fail = fail;
  }

  get size(): number {
    return this.#byPeer.size;
  }

  of(peer: string): Handshake | undefined {
    return this.#byPeer.get(peer);
  }

  /** Whether there is room for another of this address; another address may lose one for it. */
  makeRoom(address: string): boolean {
    while (this.#byPeer.size >= MAX_HANDSHAKES || this.#octets >= MAX_OCTETS) {
      const [largest] = [...this.#countByAddress].reduce((a, b) => (a[1] >= b[1] ? a : b));
      if (largest === address) return false;
      const oldest = [...this.#byPeer.values()].find(({ peer }) => peer.address === largest)!;
      this.#end(oldest, new DtlsError('ERR_DTLS_CROWDED', 'too many handshakes at once'));
    }
    return true;
  }

  add(handshake: Handshake): void {
    const { address, name } = handshake.peer;
    this.#byPeer.set(name, handshake);
    this.#countByAddress.set(address, (this.#countByAddress.get(address) ?? 0) + 1);
    this.#octets += handshake.octets;
    this.#cancelTick ??= this.#clock.every(TICK_MS, () => this.#tick());
  }

  /** Counts a datagram for a handshake; one that has sent too much ends. Returns whether it continues. */
  admits(handshake: Handshake, datagram: Uint8Array): boolean {
    const before = handshake.octets;
    const isAdmitted = handshake.admits(datagram);
    this.#octets += handshake.octets - before;
    if (!isAdmitted) this.#end(handshake, new DtlsError('ERR_DTLS_FLOOD', 'too much data for a handshake'));
    return isAdmitted;
  }

  /** Removes a handshake that is complete or has failed. It is not freed. */
  remove(handshake: Handshake): void {
    const { address, name } = handshake.peer;
    if (this.#byPeer.get(name) !== handshake) return;
    this.#byPeer.delete(name);
    const count = this.#countByAddress.get(address)! - 1;
    if (count === 0) this.#countByAddress.delete(address);
    else this.#countByAddress.set(address, count);
    this.#octets -= handshake.octets;
    if (this.#byPeer.size > 0) return;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
  }

  /** Ends all without a word. */
  stop(): void {
    for (const handshake of [...this.#byPeer.values()]) {
      this.remove(handshake);
      handshake.association.free();
    }
  }

  #tick(): void {
    const now = this.#clock.monotonic();
    for (const handshake of [...this.#byPeer.values()]) {
      if (now - handshake.startedMs < DEADLINE_MS) handshake.association.repeatUnanswered();
      else this.#end(handshake, new DtlsError('ERR_DTLS_TIMEOUT', `no answer for ${DEADLINE_MS / 1000} s`));
    }
  }

  #end(handshake: Handshake, error: DtlsError): void {
    this.remove(handshake);
    handshake.association.free();
    this.#fail(handshake, error);
  }
}
