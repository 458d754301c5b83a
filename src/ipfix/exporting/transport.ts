/** Carries messages to a collector. The Exporting Process knows its transport by this interface only. */
export interface Transport {
  /**
   * Whether messages arrive whole and in order or not at all, on a connection that either side can close
   * (TCP). If not, templates are sent again periodically and never withdrawn (RFC 7011 section 8.4).
   */
  readonly isReliable: boolean;
  /** Maximum octets of a message before the first session is open. */
  readonly initialMessageOctets: number;
  /**
   * Opens one transport session to an address. `events` reports everything else, never before this returns.
   */
  open(address: string, events: ConnectionEvents): TransportConnection;
}

export interface ConnectionEvents {
  /** @param maxMessageOctets that the path carries in one message */
  opened(maxMessageOctets: number): void;
  /** There is room again, after a `write` that returned false. */
  writable(): void;
  /** The session is over, whoever ended it; called once, as the last event. */
  closed(error?: Error): void;
}

export interface TransportConnection {
  /**
   * Sends one message, which must stay unchanged until it is taken. Returns whether there is room for
   * another; if not, wait for `writable`.
   * @param taken called when the operating system has taken the message; never, if the session ends before
   */
  write(message: Uint8Array, taken: () => void): boolean;
  /**
   * Sends an empty message, which the other host refuses if nobody listens. Absent where opening the session
   * has shown that somebody does.
   */
  probe?(): void;
  /** Ends the session after what was written. */
  close(): void;
  /** Ends the session now. */
  destroy(): void;
  /**
   * The operating system's knowledge about the other end; after the session's end, the last one. Undefined
   * without any.
   */
  otherEnd(): OtherEnd | undefined;
  /** The two ends, while the socket has them. */
  ends(): ConnectionEnds | undefined;
}

export interface OtherEnd {
  /** Octets of this session that the other host has acknowledged. */
  readonly acknowledgedOctets: number;
  /** Of these, the maximum that may still wait there for the collector to read them. */
  readonly unreadOctets: number;
  /** Whether the other host has not answered what was last sent. */
  readonly isUnanswered: boolean;
}

/** The ends of a session, as its socket shows them. */
export interface ConnectionEnds {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}
