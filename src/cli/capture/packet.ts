/** A packet of a capture file as it was on the link. */
export interface Packet {
  /** From 1 on, as packet analysers number them. */
  readonly number: number;
  /** The kind of link header: a LINKTYPE_ number (tcpdump.org/linktypes.html). */
  readonly linkType: number;
  /** When it was captured, in milliseconds since 1970; undefined where the file has no time for it. */
  readonly timeMs: number | undefined;
  /** The captured octets; valid until the next packet is read. */
  readonly octets: Uint8Array;
}

/** A part of a file that could not be read. */
export interface Fault {
  /** Octets from the start of the place that `where` names. */
  readonly offset: number;
  readonly reason: string;
  readonly text: string;
}

/** A larger block or packet shows a broken file; it is not allocated. */
export const MAX_BLOCK_OCTETS = 16 * 1024 * 1024;
