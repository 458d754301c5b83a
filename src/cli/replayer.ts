import { exportProtocols, type MessageSessions, protocolName } from '../ipfix/index.ts';
import type { Clock } from '../runtime/index.ts';
import { type Captured, type CapturedSession, RecentlyUsed } from './capture/index.ts';
import { RecordedMessage } from './recorded-message.ts';
import type { ReplayPace } from './replay-pace.ts';
import { ReplaySession } from './replay-session.ts';
import { TemplateWindow } from './template-window.ts';

/** Transport sessions at a time. */
const MAX_SESSIONS = 1_024;

export interface ReplayTotals {
  /** Messages that the operating system has taken, and the records in them. */
  messages: number;
  records: number;
  /** Messages that were sent and have records without a template. */
  withoutTemplates: number;
  /** What could not be sent, by reason. */
  readonly refused: Record<string, number>;
}

/** Why a part of the file could not be sent. */
export type Refusal = Readonly<Record<string, unknown>> & { readonly reason: string; readonly text: string };

export interface ReplayerParts {
  readonly sessions: MessageSessions;
  readonly pace: ReplayPace;
  readonly clock: Clock;
  /** Resolves when the rest need not be sent. */
  readonly stop: Promise<void>;
  /** Called with the first refusal of each reason. */
  readonly onRefused: (refusal: Refusal) => void;
  /** Beyond it, the session that sent nothing for longest is closed, and opened again when needed. */
  readonly maxSessions?: number;
}

/**
 * Sends recorded messages again, unchanged and in their order. Each recorded session has a transport session
 * of its own, so that template ids and sequence numbers stay right.
 */
export class Replayer {
  readonly totals: ReplayTotals = { messages: 0, records: 0, withoutTemplates: 0, refused: {} };
  readonly #parts: ReplayerParts;
  readonly #window = new TemplateWindow();
  readonly #open: RecentlyUsed<ReplaySession, CapturedSession>;
  readonly #known = new WeakSet<CapturedSession>();
  readonly #closing = new Set<Promise<void>>();
  #isStopped = false;
  #failure: Error | undefined;

  constructor(parts: ReplayerParts) {
    this.#parts = parts;
    this.#open = new RecentlyUsed(parts.maxSessions ?? MAX_SESSIONS, (session) => this.#close(session));
    parts.stop.then(() => {
      this.#isStopped = true;
    });
  }

  /** Whether everything was sent. */
  get isComplete(): boolean {
    const { withoutTemplates, refused } = this.totals;
    return !this.#isStopped && withoutTemplates === 0 && Object.keys(refused).length === 0;
  }

  /** @throws the error of a session that ended early: the rest was not sent */
  async replay(captured: AsyncIterable<Captured>): Promise<void> {
    try {
      for await (const item of captured) {
        for (const message of this.#read(item)) await this.#send(message);
        if (this.#isStopped) break;
      }
      for (const message of this.#window.rest()) await this.#send(message);
    } finally {
      for (const session of this.#open.values()) this.#close(session);
      await Promise.all(this.#closing);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The messages that can be sent now. */
  #read(item: Captured): Iterable<RecordedMessage> {
    if ('octets' in item) return this.#window.take(new RecordedMessage(item));
    if ('reason' in item) this.#refuse({ ...item });
    else {
      const text = `${protocolName(item.undecoded)} is not sent: Weir replays NetFlow and sFlow in datagrams only`;
      this.#refuse({ reason: item.undecoded, exporter: item.exporter, text });
    }
    return [];
  }

  async #send(message: RecordedMessage): Promise<void> {
    const { packet, octets, session: recorded } = message.captured;
    const refuseIt = (reason: string, text: string) =>
      this.#refuse({ packet, exporter: recorded.exporter, reason, text });
    if (message.header === undefined) return refuseIt(message.fault!.reason, message.fault!.text);
    if (recorded.exportProtocol !== 'ipfix' && this.#parts.sessions.protocol !== 'udp') {
      return refuseIt('needs-udp', `${exportProtocols[recorded.exportProtocol]} goes over UDP only`);
    }
    await this.#parts.pace.until(message.timeMs, this.#parts.stop);
    if (this.#isStopped) return;
    const session = await this.#sessionFor(recorded);
    if (octets.length > session.maxMessageOctets) {
      const text = `the message has ${octets.length} octets, and the path carries ${session.maxMessageOctets}`;
      return refuseIt('message-too-large', text);
    }
    if (message.lacksTemplates) this.totals.withoutTemplates++;
    await session.send(message, () => {
      this.totals.messages++;
      this.totals.records += message.records;
    });
  }

  async #sessionFor(recorded: CapturedSession): Promise<ReplaySession> {
    const open = this.#open.get(recorded);
    if (open !== undefined) return open;
    const { clock, sessions } = this.#parts;
    const isResumed = this.#known.has(recorded);
    const session = new ReplaySession(await sessions.open(), recorded, {
      clock,
      isReliable: sessions.isReliable,
      isResumed,
    });
    this.#known.add(recorded);
    this.#open.set(recorded, session);
    return session;
  }

  #close(session: ReplaySession): void {
    const closing = session
      .close()
      .catch((error: Error) => {
        this.#failure ??= error;
      })
      .then(() => {
        this.#closing.delete(closing);
      });
    this.#closing.add(closing);
  }

  #refuse(refusal: Refusal): void {
    const { refused } = this.totals;
    if (refused[refusal.reason] === undefined) this.#parts.onRefused(refusal);
    refused[refusal.reason] = (refused[refusal.reason] ?? 0) + 1;
  }
}
