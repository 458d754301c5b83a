import { setImmediate as turn } from 'node:timers/promises';
import type { ExportProtocol } from '../export-protocol.ts';
import type { Reception } from './listener.ts';
import type { TransportSession } from './transport-session.ts';

/** A session of a recording. One object stays the same for all its messages. */
export interface RecordedSession {
  /** Address and port; undefined if the recording does not have them. */
  readonly exporter: string | undefined;
  /** `file` for messages in a file that does not say how they came. */
  readonly transport: 'udp' | 'tcp' | 'file';
  readonly exportProtocol: ExportProtocol;
}

/** The exporter of messages that have no other. */
export const UNKNOWN_EXPORTER = 'file';

/** Messages read between two turns of the event loop. */
const MESSAGES_AT_ONCE = 64;

/** Reads the messages of a recording as if their exporters sent them now. */
export class RecordedReading {
  readonly #reception: Reception;
  readonly #sessions = new Map<RecordedSession, TransportSession>();
  #messages = 0;

  constructor(reception: Reception) {
    this.#reception = reception;
  }

  /** Resolves when its records have been passed on. */
  async read(recorded: RecordedSession, octets: Uint8Array): Promise<void> {
    const { decoder } = this.#reception;
    const session = this.#sessions.get(recorded) ?? this.#open(recorded);
    decoder.read(session, octets, 0, octets.length);
    while (decoder.isInterrupted) await turn();
    decoder.deliver();
    if (++this.#messages % MESSAGES_AT_ONCE === 0) await turn();
  }

  end(): void {
    for (const session of this.#sessions.values()) this.#reception.sessions.close(session);
    this.#sessions.clear();
  }

  #open(recorded: RecordedSession): TransportSession {
    const { transport, exporter = UNKNOWN_EXPORTER, exportProtocol } = recorded;
    const session = this.#reception.sessions.open(
      transport === 'udp' ? 'udp' : 'tcp',
      exporter,
      () => this.#sessions.delete(recorded),
      { exportProtocol },
    );
    this.#sessions.set(recorded, session);
    return session;
  }
}
