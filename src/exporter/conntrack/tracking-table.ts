import { dump, type MessageCursor, NetlinkError, NetlinkSocket } from '../netlink/index.ts';
import { counterRequest, makingTable, packetsOf, removingTable, tableRequest } from './tracking-rules.ts';

/**
 * The kernel tracks connections in a network namespace only while some rule needs it. These are such rules, in a table
 * of their own, as `nft list ruleset` shows them:
 *
 *     table inet weir {
 *       comment "Weir: turns connection tracking on and counts the connections that begin"
 *       counter begun { packets 3 bytes 212 }
 *       chain input { type filter hook input priority 2147483646; policy accept;
 *         ct status ! confirmed counter name "begun" }
 *       chain postrouting { type filter hook postrouting priority 2147483646; policy accept;
 *         ct status ! confirmed counter name "begun" }
 *     }
 *
 * They decide nothing. Their being there registers connection tracking's own hooks, for both families, for what is forwarded,
 * local and on loopback. Both stand right before the place where a new connection is confirmed, which happens with its
 * first packet that no rule has dropped; so the counter's packets are the connections that began.
 */
export class TrackingTable {
  /**
   * Makes the table, or replaces in one transaction what a run that crashed has left of it (tracking never pauses).
   * @throws NetlinkError WEIR_NFTABLES_MISSING, WEIR_NETLINK_NOT_PERMITTED
   */
  ensure(): 'made' | 'taken-over' {
    const isPresent = this.isPresent() === true;
    commit('making the nftables table weir', makingTable(isPresent));
    return isPresent ? 'taken-over' : 'made';
  }

  /** Removes the table. Connections that are tracked by then stay in the kernel's table until they time out. */
  remove(): 'removed' | 'absent' {
    if (!this.isPresent()) return 'absent';
    commit('removing the nftables table weir', removingTable());
    return 'removed';
  }

  /** Undefined where the kernel has no nf_tables. */
  isPresent(): boolean | undefined {
    return isFound('looking for the nftables table weir', tableRequest());
  }

  /** Connections that the kernel began since the table was made; undefined without the table. */
  connectionsBegun(): number | undefined {
    let packets: number | undefined;
    isFound('reading the counter of the nftables table weir', counterRequest(), (message) => {
      packets = packetsOf(message);
    });
    return packets;
  }
}

function commit(what: string, changes: Uint8Array): void {
  try {
    send(what, changes);
  } catch (error) {
    throw error instanceof NetlinkError && isMissing(error) ? nftablesMissing(error) : error;
  }
}

/** Whether what is asked for is there; undefined where nf_tables is not. */
function isFound(
  what: string,
  question: Uint8Array,
  onMessage?: (message: MessageCursor) => void,
): boolean | undefined {
  try {
    send(what, question, onMessage);
    return true;
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    if (error.errno === 'ENOENT') return false;
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function send(what: string, bytes: Uint8Array, onMessage: (message: MessageCursor) => void = () => {}): void {
  const socket = new NetlinkSocket();
  try {
    dump(socket, what, bytes, onMessage);
  } finally {
    socket.close();
  }
}

/** nfnetlink answers so when nf_tables, or its inet family, is not there. */
function isMissing({ errno }: NetlinkError): boolean {
  return (
    errno === 'EOPNOTSUPP' || errno === 'EINVAL' || errno === 'EAFNOSUPPORT' || errno === 'EPROTONOSUPPORT'
  );
}

function nftablesMissing({ message, call, errno }: NetlinkError): NetlinkError {
  return new NetlinkError({
    code: 'WEIR_NFTABLES_MISSING',
    message: `connection tracking cannot be turned on, because this kernel has no nf_tables (${message})`,
    call,
    errno,
    remedy:
      'Load it with `modprobe nf_tables`, or turn tracking on by a rule of your own, such as ' +
      '`iptables -A INPUT -m conntrack --ctstate NEW`.',
  });
}
