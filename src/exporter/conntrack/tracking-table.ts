import { type MessageCursor, NetlinkError, NetlinkSocket, readDump, TIMED_OUT } from '../netlink/index.ts';
import { deadTables } from './dead-tables.ts';
import {
  counterRequest,
  makingTable,
  packetsOf,
  RULES,
  removingTable,
  rulesRequest,
  type TableIdentity,
  type TableReading,
  tableOf,
  tableRequest,
  tablesRequest,
} from './tracking-rules.ts';

/**
 * The kernel tracks connections in a network namespace only while some rule needs it. This table of the
 * process has such rules, as `nft list ruleset` shows them:
 *
 *     table inet weir-4711 { # progname node
 *       flags owner
 *       comment "Weir: turns connection tracking on and counts the connections that begin; …"
 *       counter begun { packets 3 bytes 212 }
 *       chain input { type filter hook input priority 2147483646; policy accept;
 *         ct direction original ct status ! confirmed counter name "begun" }
 *       chain postrouting { type filter hook postrouting priority 2147483646; policy accept;
 *         ct direction original ct status ! confirmed counter name "begun" }
 *     }
 *
 * They decide nothing. Their presence registers the hooks of connection tracking, for both families, for
 * forwarded, local and loopback traffic. Both stand right before the confirmation of a new connection. The
 * kernel confirms it with its first packet that no rule drops, so the counter's packets are the connections
 * that began.
 *
 * The table has the number of a socket (unique in its namespace) and belongs to it. So any number of
 * processes have one each, and no other program can change it, not even by `nft flush ruleset`. The kernel
 * removes it when the process ends, however it ends. Before Linux 5.12 a table has no owner. Then each
 * process checks that its own is unchanged, and removes those whose socket is gone.
 */
export class TrackingTable {
  readonly #canOwn: boolean;
  #socket: NetlinkSocket | undefined;
  #made: TableIdentity | undefined;
  /** Connections counted by earlier tables, and the last reading of this one. */
  #begunBefore = 0;
  #begun = 0;

  /** @param canOwn false: as on kernels before 5.12 */
  constructor(canOwn = true) {
    this.#canOwn = canOwn;
  }

  /** The name in nft; undefined while there is none. */
  get name(): string | undefined {
    return this.#made?.name;
  }

  /** Whether only this process can change or remove it. */
  get isOwned(): boolean {
    return this.#made?.isOwned ?? false;
  }

  /**
   * Makes the table when it is missing or changed.
   * @throws NetlinkError WEIR_NFTABLES_MISSING, WEIR_NETLINK_NOT_PERMITTED
   */
  ensure(): 'made' | 'present' {
    if (this.isPresent() === true) return 'present';
    this.#begunBefore += this.#begun;
    this.#begun = 0;
    this.#socket ??= new NetlinkSocket();
    if (this.#made === undefined) this.#makeFirst(this.#socket.portId);
    else this.#make(this.#made, this.#read(this.#made.name)?.isOfWeir === true);
    if (!this.isOwned) this.#sweep();
    return 'made';
  }

  /** Removes the table. Tracked connections stay in the kernel's table until they time out. */
  remove(): 'removed' | 'absent' {
    const wasThere = this.#made !== undefined && this.#read(this.#made.name)?.isOfWeir === true;
    if (wasThere && !this.isOwned) this.#commit(removingTable(this.#made!.name));
    this.#socket?.close();
    this.#socket = undefined;
    this.#made = undefined;
    return wasThere ? 'removed' : 'absent';
  }

  /** Whether this process's table exists unchanged. Undefined when the kernel has no nf_tables. */
  isPresent(): boolean | undefined {
    if (this.#made === undefined)
      return this.#isFound(tableRequest('weir')) === undefined ? undefined : false;
    const reading = this.#read(this.#made.name);
    if (reading === undefined || !reading.isOfWeir || reading.isDormant) return false;
    let rules = 0;
    this.#isFound(rulesRequest(reading.name), () => rules++);
    return rules === RULES;
  }

  /** Connections that the kernel began while there was a table; undefined before the first. */
  connectionsBegun(): number | undefined {
    if (this.#made === undefined) return undefined;
    this.#isFound(counterRequest(this.#made.name), (message) => {
      this.#begun = packetsOf(message) ?? this.#begun;
    });
    return this.#begunBefore + this.#begun;
  }

  #makeFirst(portId: number): void {
    const name = `weir-${portId}`;
    const owned = this.#canOwn ? [true, false] : [false];
    for (const isOwned of owned) {
      for (const free of [name, `${name}-2`, `${name}-3`]) {
        const replaces = this.#read(free)?.isOfWeir === true; // a dead process with that number left it
        try {
          this.#make({ name: free, isOwned }, replaces);
          return;
        } catch (error) {
          if (!(error instanceof NetlinkError)) throw error;
          if (error.errno === 'EEXIST') continue; // another program's table
          if (isOwned && error.code === 'WEIR_NFTABLES_MISSING') break; // this kernel may not support owners
          throw error;
        }
      }
    }
    throw tableTaken(name);
  }

  #make(identity: TableIdentity, replaces: boolean): void {
    this.#commit(makingTable(identity, replaces));
    this.#made = identity;
  }

  #sweep(): void {
    const tables: TableReading[] = [];
    this.#isFound(tablesRequest(), (message) => tables.push(tableOf(message)));
    for (const { name } of deadTables(tables)) {
      try {
        this.#commit(removingTable(name));
      } catch (error) {
        if (!(error instanceof NetlinkError && error.errno === 'ENOENT')) throw error; // gone already
      }
    }
  }

  #read(name: string): TableReading | undefined {
    let reading: TableReading | undefined;
    this.#isFound(tableRequest(name), (message) => {
      reading = tableOf(message);
    });
    return reading;
  }

  #commit(changes: Uint8Array): void {
    const socket = this.#socket!;
    // A failed transaction may have answered with an error for each of its changes.
    const rest = new Uint8Array(1 << 16);
    while (socket.receiveNow(rest) !== TIMED_OUT);
    try {
      readDump(socket, 'changing the nftables table of Weir', changes, () => {});
    } catch (error) {
      throw error instanceof NetlinkError && isMissing(error) ? nftablesMissing(error) : error;
    }
  }

  /** Whether the requested object exists; undefined without nf_tables. */
  #isFound(
    question: Uint8Array,
    onMessage: (message: MessageCursor) => void = () => {},
  ): boolean | undefined {
    const socket = new NetlinkSocket();
    try {
      readDump(socket, 'reading the nftables table of Weir', question, onMessage);
      return true;
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      if (error.errno === 'ENOENT') return false;
      if (isMissing(error)) return undefined;
      throw error;
    } finally {
      socket.close();
    }
  }
}

/** nfnetlink's answers when nf_tables, its inet family, or a table's flag is missing. */
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

function tableTaken(name: string): NetlinkError {
  return new NetlinkError({
    code: 'WEIR_NFTABLES_NAME_TAKEN',
    message: `connection tracking cannot be turned on: another program has nftables tables with the names ${name}, ${name}-2 and ${name}-3`,
    call: 'making an nftables table',
    errno: 'EEXIST',
    remedy: `Rename or delete one of them: \`nft delete table inet ${name}\`.`,
  });
}
