import { type AddressWords, isIPv4, isLoopback, parseAddress } from '../flow/index.ts';
import {
  ADDRESS_WORDS,
  type ConnectionTable,
  isSame,
  ORIGINAL_DESTINATION,
  ORIGINAL_SOURCE,
} from './connection-table.ts';
import type { NodeNetwork } from './node-network.ts';

export interface ConnectionFilterOptions {
  /** IP protocol numbers to export; all when undefined. */
  readonly protocols?: readonly number[] | undefined;
  /** Conntrack zones to export; all when undefined. */
  readonly zones?: readonly number[] | undefined;
  /** Whether to export connections from or to 127.0.0.0/8 and ::1. */
  readonly loopback: boolean;
}

/** The transport session of an Exporting Process, as its socket shows it. */
export interface ExportConnection {
  /** 6 or 17. */
  readonly protocol: number;
  /** Undefined while the socket has none: then any connection from this node to the remote end matches. */
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Why a connection is not exported; the account drops it for this reason. */
export const leftOutReasons = ['protocol filter', 'zone filter', 'loopback', 'own export'] as const;
export type LeftOut = (typeof leftOutReasons)[number];

/** Decides which connections are exported. */
export class ConnectionFilter {
  readonly #protocols: ReadonlySet<number> | undefined;
  readonly #zones: ReadonlySet<number> | undefined;
  readonly #loopback: boolean;
  readonly #network: NodeNetwork;
  #sessions: readonly Session[] = [];

  constructor({ protocols, zones, loopback }: ConnectionFilterOptions, network: NodeNetwork) {
    this.#network = network;
    this.#protocols = protocols && new Set(protocols);
    this.#zones = zones && new Set(zones);
    this.#loopback = loopback;
  }

  /** The sessions over which this agent exports; without this they would report themselves for ever. */
  set exportSessions(sessions: readonly ExportConnection[]) {
    this.#sessions = sessions.flatMap((session) => {
      const remote = remoteWords(session.remoteAddress);
      const local = parseAddress(withoutZone(session.localAddress ?? ''));
      return remote === undefined ? [] : [{ ...session, remote, local }];
    });
  }

  reasonToLeaveOut(table: ConnectionTable, row: number): LeftOut | undefined {
    if (this.#protocols !== undefined && !this.#protocols.has(table.protocol[row]!)) return 'protocol filter';
    if (this.#zones !== undefined && !this.#zones.has(table.zone[row]!)) return 'zone filter';
    if (!this.#loopback && isOnLoopback(table, row)) return 'loopback';
    return this.isOwnExport(table, row) ? 'own export' : undefined;
  }

  /**
   * Evaluated before each record: a connection is often seen before its socket shows that it is connected.
   */
  isOwnExport(table: ConnectionTable, row: number): boolean {
    for (const session of this.#sessions) {
      if (!isSession(session, table, row)) continue;
      if (session.localPort !== undefined) return true;
      const source = row * ADDRESS_WORDS + ORIGINAL_SOURCE;
      return this.#network.isHere(table.addresses, source, table.beganMs[row]!);
    }
    return false;
  }
}

interface Session extends ExportConnection {
  readonly remote: AddressWords;
  readonly local: AddressWords | undefined;
}

function isOnLoopback({ addresses }: ConnectionTable, row: number): boolean {
  const at = row * ADDRESS_WORDS;
  return isLoopback(addresses, at + ORIGINAL_SOURCE) || isLoopback(addresses, at + ORIGINAL_DESTINATION);
}

function isSession(session: Session, { protocol, ports, addresses }: ConnectionTable, row: number): boolean {
  const { remote, local, localPort } = session;
  const at = row * ADDRESS_WORDS;
  return (
    protocol[row] === session.protocol &&
    ports[4 * row + 1] === session.remotePort &&
    (localPort === undefined || ports[4 * row] === localPort) &&
    isSame(remote, 0, addresses, at + ORIGINAL_DESTINATION) &&
    (local === undefined || isUnspecified(local) || isSame(local, 0, addresses, at + ORIGINAL_SOURCE))
  );
}

/**
 * The address as in the kernel's table: without a zone (fe80::1%eth0), and loopback for the unspecified
 * address of a remote end.
 */
function remoteWords(text: string): AddressWords | undefined {
  const words = parseAddress(withoutZone(text));
  if (words === undefined || !isUnspecified(words)) return words;
  return parseAddress(isIPv4(words) ? '127.0.0.1' : '::1');
}

const withoutZone = (address: string) => address.replace(/%.*$/, '');

/** 0.0.0.0 or ::, as for a socket that is bound to all addresses. */
const isUnspecified = ([a, b, c, d]: AddressWords): boolean => (a | b | d) === 0 && (c === 0 || c === 0xffff);
