import { transportKinds } from '../../src/ipfix/index.ts';
import type { MessageKind } from '../support/made-exporter.ts';
import { Random } from '../support/random.ts';
import { damages } from './damage.ts';
import { FuzzBed } from './fuzz-bed.ts';
import { FuzzedSession } from './fuzzed-session.ts';
import { type HugeKind, hugeKinds, hugeMessages } from './huge-messages.ts';
import type { Round, Step } from './round.ts';

/** The longest octet-by-octet message: each octet is a turn. */
const MOST_SINGLE_OCTETS = 3_000;
/** Held sets are given up within the first, and sessions end within the last. */
const WHILES_MS = [20_000, 100_000, 2_400_000];
const SESSION_TIMEOUT_MS = 1_800_000;
const UPTIME_MS = 1_000_000;

const huge: ReadonlySet<string> = new Set(hugeKinds);

export interface RoundResult {
  readonly messages: number;
  readonly octets: number;
  /** Processor time of the longest turn of each step, in milliseconds. */
  readonly turnsMs: readonly number[];
}

/** Plays a round against a collector of its own. @throws {Error} if an invariant is broken */
export async function playRound(round: Round): Promise<RoundResult> {
  const play = new RoundPlay(round);
  const turnsMs: number[] = [];
  for (const [number, step] of round.steps.entries()) {
    await play.take(step).catch((error: Error) => {
      throw new Error(`step ${number}: ${error.message}`, { cause: error });
    });
    turnsMs.push(play.bed.takeLongestTurn());
  }
  await play.finish();
  return { messages: play.messages, octets: play.octets, turnsMs };
}

class RoundPlay {
  readonly bed: FuzzBed;
  messages = 0;
  octets = 0;
  readonly #round: Round;
  readonly #current: FuzzedSession[];
  readonly #all = new Map<string, FuzzedSession>();
  /** Octets of streams that go with the next message. */
  readonly #joined = new Map<FuzzedSession, Uint8Array>();
  readonly #bornMs: number;

  constructor(round: Round) {
    this.#round = round;
    const sessionOf = (peer: string) => this.#all.get(peer)!;
    this.bed = new FuzzBed(
      this.#sendsFlows
        ? {
            onBatch: (batch) => sessionOf(batch.origin!.exporter).takeFlows(batch),
          }
        : { onRecord: (record) => sessionOf(record.origin.exporter).takeRecord(record) },
    );
    this.#bornMs = this.bed.clock.now();
    this.#current = round.exporters.map((_, i) => this.#open(i));
  }

  async take({ exporter, sends, seed, cut, damage }: Step): Promise<void> {
    const random = new Random(seed);
    if (sends === 'nothing for a while') await this.#pass(random.of(WHILES_MS));
    else {
      const known = this.#current[exporter]!;
      if (sends === 'a new session' || !known.wire.isOpen) await this.#renew(exporter);
      const session = this.#current[exporter]!;
      if (huge.has(sends)) await this.#sendHuge(session, sends as HugeKind, random);
      else if (sends !== 'a new session')
        await this.#send(session, sends as MessageKind, random, cut, damage);
    }
    this.#check();
  }

  async finish(): Promise<void> {
    await this.#pass(WHILES_MS[0]!);
    await this.bed.stop();
    this.#check();
    // Only the end of a connection shows that the rest of a message is missing.
    for (const session of this.#all.values()) this.#checkRecords(session);
    const left = [...this.bed.sessions].filter(({ transport }) => transport.isReliable);
    if (left.length > 0) throw new Error('a session did not end with its connection');
  }

  get #sendsFlows(): boolean {
    return this.#round.collects === 'flows';
  }

  /** Each session has an address of its own, since bounds hold for addresses. */
  #open(exporter: number): FuzzedSession {
    const number = this.#all.size + 1;
    const [host, port] = [`10.0.${number >>> 8}.${number & 0xff}`, 40_000 + exporter];
    const kind = this.#round.exporters[exporter]!;
    const peer = `${host}:${port}`;
    const session = new FuzzedSession(
      kind,
      peer,
      this.bed.open(kind.transport, host, port),
      this.#sendsFlows,
    );
    this.#all.set(peer, session);
    return session;
  }

  async #renew(exporter: number): Promise<void> {
    const old = this.#current[exporter]!;
    await this.#flush(old);
    old.wire.end();
    await this.bed.settle();
    this.#current[exporter] = this.#open(exporter);
    await this.bed.settle();
  }

  async #pass(ms: number): Promise<void> {
    for (const session of this.#current) await this.#flush(session);
    for (const session of this.#current) session.forgetEarly();
    await this.bed.advance(ms);
    if (ms > SESSION_TIMEOUT_MS) for (const exporter of this.#current.keys()) await this.#renew(exporter);
  }

  async #send(
    session: FuzzedSession,
    kind: MessageKind,
    random: Random,
    cut: Step['cut'],
    damage: string | null,
  ): Promise<void> {
    const nowMs = this.bed.clock.now();
    const message = session.make(kind, random, Math.floor(nowMs / 1000), UPTIME_MS + nowMs - this.#bornMs);
    let sent = [message.octets];
    if (damage !== null) {
      const earlier = session.earlier.length > 0 ? session.earlier : message.octets;
      sent = damages[damage]!(message, earlier, random);
      session.break(message, damage);
    } else session.expect(message);
    for (const octets of sent) await this.#write(session, octets, cut, random);
  }

  async #sendHuge(session: FuzzedSession, kind: HugeKind, random: Random): Promise<void> {
    await this.#flush(session);
    session.abandon();
    const seconds = Math.floor(this.bed.clock.now() / 1000);
    for (const octets of hugeMessages(kind, session.kind.protocol, random, seconds)) {
      await this.#writeNow(session, octets);
    }
  }

  async #write(session: FuzzedSession, octets: Uint8Array, cut: Step['cut'], random: Random): Promise<void> {
    if (!transportKinds[session.kind.transport].isReliable || cut === 'whole') {
      await this.#writeNow(session, octets);
      return;
    }
    if (cut === 'joined') {
      this.#joined.set(session, Buffer.concat([this.#joined.get(session) ?? new Uint8Array(0), octets]));
      return;
    }
    await this.#flush(session);
    const isSingle = cut === 'octets' && octets.length <= MOST_SINGLE_OCTETS;
    for (let at = 0; at < octets.length; ) {
      const next = at + (isSingle ? 1 : random.between(1, octets.length));
      await this.#writeNow(session, octets.subarray(at, next));
      at = next;
    }
  }

  async #flush(session: FuzzedSession): Promise<void> {
    if (this.#joined.has(session)) await this.#writeNow(session, new Uint8Array(0));
  }

  /** Writes what waits for it and these octets, and waits until they are read. */
  async #writeNow(session: FuzzedSession, octets: Uint8Array): Promise<void> {
    const waiting = this.#joined.get(session);
    this.#joined.delete(session);
    this.messages++;
    this.octets += octets.length;
    session.wire.write(waiting === undefined ? octets : Buffer.concat([waiting, octets]));
    await this.bed.settle();
  }

  /** What holds at every step. */
  #check(): void {
    const { ledger, records, isWithinMemory } = this.bed;
    if (!ledger.isClosed) throw new Error(`accounts do not balance: ${JSON.stringify(ledger)}`);
    if (records.held > 0) throw new Error(`${records.held} records were not delivered`);
    if (!isWithinMemory) throw new Error('sessions take more memory than their bound');
  }

  #checkRecords(session: FuzzedSession): void {
    const { fault, isBroken, sent, delivered, peer } = session;
    const place = `${session.kind.protocol} over ${session.kind.transport} from ${peer}`;
    const { histories, records, messages } = this.bed;
    if (fault !== undefined) throw new Error(`${place}: ${fault}`);
    const address = peer.slice(0, peer.lastIndexOf(':'));
    const counted = [...records.events, ...records.dropped, ...messages.events, ...messages.dropped];
    if (isBroken) {
      if (delivered < sent && counted.length === 0)
        throw new Error(`${place}: records are missing without a counter`);
      return;
    }
    // Records that come before their template are an error until it comes.
    const errors = histories.errors.filter(
      ({ exporter, reason }) => exporter === address && reason !== 'template-unknown',
    );
    if (errors.length > 0) throw new Error(`${place}: whole messages have errors: ${JSON.stringify(errors)}`);
    const reading = histories.readings.find(({ exporter, lost }) => exporter === address && lost > 0);
    if (reading !== undefined) throw new Error(`${place}: ${reading.lost} records are lost that were not`);
  }
}
