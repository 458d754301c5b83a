import { setTimeout as delay } from 'node:timers/promises';
import { type AvailableTransport, availableTransports, transportKinds } from '../../src/ipfix/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startCollector, type TestCollector } from '../support/ipfix.ts';
import { loopbackTls } from '../support/loopback-tls.ts';
import { messageKinds } from '../support/made-exporter.ts';
import { Random } from '../support/random.ts';
import { until } from '../support/until.ts';
import { type BreakingRelay, startRelay } from './breaking-relay.ts';
import { type Break, unitDamages } from './carried-units.ts';
import { FuzzedSession, type SessionKind, sessionKinds } from './fuzzed-session.ts';
import { keptOctets } from './kept-octets.ts';
import { dialWire, type SocketWire } from './socket-wires.ts';

/** Broken sessions of each transport at once. */
const BROKEN_OF_EACH = 12;
const MESSAGES = 8;
/** Whoever misses a datagram with a new template of an old id reads its records by the old one. */
const kindsBroken = messageKinds.filter((kind) => kind !== 'replace');
/** A flight of DTLS that was lost is repeated after a second, which is that of the system's clock. */
const PATIENCE_MS = 1_500;
const STEP_MS = 50;
/** Handshakes time out after the first, sessions after the second. */
const HANDSHAKE_TIMEOUT_MS = 11_000;
const SESSION_TIMEOUT_MS = 2_400_000;

/** By how much the process may grow after the first round. */
const MOST_GROWTH_OCTETS = 32 * 1024 * 1024;

export interface SocketReport {
  readonly rounds: number;
  readonly sessions: number;
  readonly messages: number;
  readonly seconds: number;
  /** The first fault, with its seed; undefined if there is none. */
  readonly fault: string | undefined;
}

/**
 * Plays sessions over sockets of the kernel. On the way of each it breaks one thing: octets, a TLS record or
 * a DTLS datagram, in handshakes too. Stops when the time is over or a round is at fault.
 */
export async function fuzzSockets(firstSeed: number, seconds: number): Promise<SocketReport> {
  const beganMs = performance.now();
  const passed = () => (performance.now() - beganMs) / 1000;
  let keptBefore: number | undefined;
  const total = { rounds: 0, sessions: 0, messages: 0, fault: undefined as string | undefined };
  do {
    const seed = firstSeed + total.rounds;
    const round = new SocketRound(seed);
    await round.play().catch((error: Error) => {
      total.fault = `sockets, seed ${seed}: ${error.stack}`;
    });
    const kept = keptOctets();
    keptBefore ??= kept;
    const growth = kept - keptBefore;
    if (growth > MOST_GROWTH_OCTETS)
      total.fault ??= `sockets, seed ${seed}: the process has grown by ${growth} octets`;
    total.rounds++;
    total.sessions += round.sessions;
    total.messages += round.messages;
  } while (total.fault === undefined && passed() < seconds);
  return { ...total, seconds: passed() };
}

/** One exporter's session over a relay. */
interface PlayedSession {
  readonly session: FuzzedSession;
  readonly wire: SocketWire;
  readonly relay: BreakingRelay;
  readonly broken: Break | undefined;
  readonly random: Random;
  isFinished: boolean;
}

/** Many sessions that break, and whole ones after them, at one collector. */
class SocketRound {
  messages = 0;
  readonly #random: Random;
  readonly #clock = new FakeClock();
  readonly #played = new Map<string, PlayedSession>();

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  get sessions(): number {
    return this.#played.size;
  }

  /** @throws {Error} if an invariant is broken */
  async play(): Promise<void> {
    const receiving = await startCollector({
      listen: availableTransports.map((protocol) => ({ protocol, host: '127.0.0.1', port: 0 })),
      tls: loopbackTls,
      clock: this.#clock,
      onBatch: (batch) => this.#played.get(batch.origin!.exporter)?.session.takeFlows(batch),
      onRecord: () => {},
    });
    try {
      await this.#playBroken(receiving);
      await this.#playWhole(receiving);
      await this.#end(receiving);
    } finally {
      this.#destroy();
      await receiving.collector.stop(500);
    }
    if (!receiving.ledger.isClosed) throw new Error('accounts do not balance after the end of the collector');
  }

  async #playBroken(receiving: TestCollector): Promise<void> {
    const opening = availableTransports.flatMap((transport) =>
      Array.from({ length: BROKEN_OF_EACH }, () =>
        this.#open(receiving, this.#anyKindOver(transport), this.#anyBreak(transport)),
      ),
    );
    const all = await Promise.all(opening);
    for (let passedMs = 0; passedMs < PATIENCE_MS; passedMs += STEP_MS) {
      for (const one of all) this.#advance(one);
      if (all.every(({ isFinished, wire }) => isFinished || !wire.isOpen)) break;
      await delay(STEP_MS);
      this.#clock.advance(2 * STEP_MS);
    }
    for (const { wire } of all) if (wire.isOpen && this.#random.isOneIn(2)) wire.end();
    this.#destroy();
    this.#clock.advance(HANDSHAKE_TIMEOUT_MS);
    this.#check(receiving);
  }

  /** The collector serves whole sessions of every protocol and transport. */
  async #playWhole(receiving: TestCollector): Promise<void> {
    for (const kind of sessionKinds) {
      const one = await this.#open(receiving, kind, undefined);
      const what = `a whole session of ${kind.protocol} over ${kind.transport}`;
      await until(what, () => {
        this.#advance(one);
        return one.isFinished;
      });
      const { session } = one;
      await until(`the records of ${what}`, () => session.delivered >= session.sent);
      if (session.fault !== undefined) throw new Error(`${what}: ${session.fault}`);
      one.wire.end();
    }
    this.#check(receiving);
  }

  /** Every session ends, and what it took is free again. */
  async #end({ collector, ledger }: TestCollector): Promise<void> {
    this.#destroy();
    await until('the end of all sessions', () => {
      this.#clock.advance(SESSION_TIMEOUT_MS);
      return collector.sessions === 0;
    });
    if (!ledger.isClosed) throw new Error('accounts do not balance after the end of all sessions');
  }

  #anyKindOver(transport: AvailableTransport): SessionKind {
    return this.#random.of(sessionKinds.filter((kind) => kind.transport === transport));
  }

  #anyBreak(transport: AvailableTransport): Break {
    const random = this.#random;
    const isToExporter = transportKinds[transport].isSecured && random.isOneIn(3);
    return {
      direction: isToExporter ? 'to exporter' : 'to collector',
      unit: random.below(isToExporter ? 4 : 9),
      damage: random.of(unitDamages),
    };
  }

  async #open(
    { collector }: TestCollector,
    kind: SessionKind,
    broken: Break | undefined,
  ): Promise<PlayedSession> {
    const { transport } = kind;
    const random = new Random(this.#random.unsigned32());
    const { port: collectorPort } = collector.addresses.find(({ protocol }) => protocol === transport)!;
    const number = this.#random.below(2 ** 16);
    const address = `127.1.${number >>> 8}.${number & 0xff || 1}`;
    const relay = await startRelay({ transport, collectorPort, address, broken, random });
    const wire = dialWire(transport, relay.port, this.#clock, random);
    const session = new FuzzedSession(kind, relay.peer, wire, true);
    const played = { session, wire, relay, broken, random, isFinished: false };
    this.#played.set(relay.peer, played);
    return played;
  }

  /** Sends the messages of a session once it is ready. */
  #advance(one: PlayedSession): void {
    const { session, wire, broken, random } = one;
    if (one.isFinished || !wire.isReady || !wire.isOpen) return;
    one.isFinished = true;
    const seconds = Math.floor(this.#clock.now() / 1000);
    for (let n = 0; n < MESSAGES; n++) {
      const kind = n === 0 ? 'announce' : random.of(broken === undefined ? messageKinds : kindsBroken);
      const message = session.make(kind, random, seconds, 1_000_000);
      if (message.octets.length > wire.mostOctets) return;
      session.expect(message);
      wire.write(message.octets);
      this.messages++;
    }
  }

  #check({ ledger }: TestCollector): void {
    if (!ledger.isClosed) throw new Error(`accounts do not balance: ${JSON.stringify(ledger)}`);
    for (const { session, broken } of this.#played.values()) {
      const { transport } = session.kind;
      // Nobody between both ends can make records, nor repeat them.
      const uninvited = transportKinds[transport].isSecured ? session.uninvited : undefined;
      if (uninvited === undefined) continue;
      throw new Error(
        `${transport}, ${JSON.stringify(broken)}: a record came that was not sent: ${uninvited}`,
      );
    }
  }

  #destroy(): void {
    for (const { wire, relay } of this.#played.values()) {
      wire.destroy();
      relay.close();
    }
  }
}
