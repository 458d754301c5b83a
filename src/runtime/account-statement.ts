/** An account of the ledger as printed and served. */
export interface AccountStatement {
  readonly name: string;
  readonly unit: string;
  readonly received: number;
  readonly sent: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** What was dropped against anybody's will. */
  readonly lost: number;
  readonly held: number;
  readonly events: Readonly<Record<string, number>>;
  readonly closed: boolean;
  /** Only where there are any. */
  readonly peers?: readonly PeerStatement[];
}

/** A peer of a component, by the name in its certificate. */
export interface PeerStatement {
  /** Address and port. */
  readonly peer: string;
  readonly peerName: string;
  /** Records that it has sent in its session. */
  readonly records: number;
}
