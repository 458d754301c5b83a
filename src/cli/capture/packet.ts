/** A packet of a capture file as it was on the link. */
export interface Packet {
  /** From 1 on, as packet analysers number them. */
  readonly number: number;
  /** What the octets begin with: a number of LINKTYPE_ (tcpdump.org/linktypes.html). */
  readonly linkType: number;
  /** What was captured of it; valid until the next packet is read. */
  readonly octets: Uint8Array;
}

/** Something in a file that could not be read. */
export interface Fault {
  /** Octets from the start of what `where` says. */
  readonly offset: number;
  readonly reason: string;
  readonly text: string;
}

/** A block or packet greater than this is a broken file, not a reason to ask for memory. */
export const MAX_BLOCK_OCTETS = 16 * 1024 * 1024;
