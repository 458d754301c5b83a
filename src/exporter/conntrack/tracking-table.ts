import {
  MessageBuilder,
  messageType,
  NetlinkError,
  NetlinkSocket,
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NLM_F_ACK,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_REQUEST,
  request,
} from '../netlink/index.ts';

const TABLE = 'weir';
const CHAIN = 'track';
const COMMENT = 'Weir: keeps connection tracking on';

/**
 * The kernel tracks connections in a network namespace only while some rule needs it. This is that rule, in a table of
 * its own, as `nft list ruleset` shows it:
 *
 *     table inet weir {
 *       comment "Weir: keeps connection tracking on"
 *       chain track {
 *         ct state new
 *       }
 *     }
 *
 * The chain hangs on no hook: no packet ever passes it and it decides nothing. Its being there registers connection
 * tracking's own hooks, for both families, for what is forwarded, local and on loopback.
 */
export class TrackingTable {
  /**
   * Makes the table, or replaces in one transaction what a run that crashed has left of it (tracking never pauses).
   * @throws NetlinkError WEIR_NFTABLES_MISSING, WEIR_NETLINK_NOT_PERMITTED
   */
  ensure(): 'made' | 'taken-over' {
    const present = this.isPresent();
    this.#commit('making the nftables table weir', (batch) => {
      if (present) batch.change(NFT_MSG_DELTABLE).text(NFTA_TABLE_NAME, TABLE);
      batch
        .change(NFT_MSG_NEWTABLE, NLM_F_CREATE)
        .text(NFTA_TABLE_NAME, TABLE)
        .bytes(NFTA_TABLE_USERDATA, comment());
      batch.change(NFT_MSG_NEWCHAIN, NLM_F_CREATE).text(NFTA_CHAIN_TABLE, TABLE).text(NFTA_CHAIN_NAME, CHAIN);
      batch
        .change(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK)
        .text(NFTA_RULE_TABLE, TABLE)
        .text(NFTA_RULE_CHAIN, CHAIN)
        .nest(NFTA_RULE_EXPRESSIONS, stateIsNew);
    });
    return present === true ? 'taken-over' : 'made';
  }

  /** Removes the table. Connections that are tracked by then stay in the kernel's table until they time out. */
  remove(): 'removed' | 'absent' {
    if (!this.isPresent()) return 'absent';
    this.#commit('removing the nftables table weir', (batch) => {
      batch.change(NFT_MSG_DELTABLE, NLM_F_ACK).text(NFTA_TABLE_NAME, TABLE);
    });
    return 'removed';
  }

  /** Undefined where the kernel has no nf_tables. */
  isPresent(): boolean | undefined {
    const question = new MessageBuilder()
      .message(
        messageType(NFNL_SUBSYS_NFTABLES, NFT_MSG_GETTABLE),
        NLM_F_REQUEST | NLM_F_ACK,
        1,
        NFPROTO_INET,
      )
      .text(NFTA_TABLE_NAME, TABLE)
      .finish();
    try {
      send('looking for the nftables table weir', question);
      return true;
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      if (error.errno === 'ENOENT') return false;
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  #commit(what: string, changes: (batch: Batch) => void): void {
    const batch = new Batch();
    changes(batch);
    try {
      send(what, batch.finish());
    } catch (error) {
      throw error instanceof NetlinkError && isMissing(error) ? nftablesMissing(error) : error;
    }
  }
}

/**
 * A transaction: all of its changes take effect together or none does. Only the last change asks for an acknowledgement, so
 * that the kernel's first answer is either the first error or the word that all went well.
 */
class Batch {
  readonly #builder = new MessageBuilder();
  #sequence = 1;

  constructor() {
    this.#builder.message(NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, this.#sequence, 0, NFNL_SUBSYS_NFTABLES);
  }

  change(message: number, flags = 0): MessageBuilder {
    const type = messageType(NFNL_SUBSYS_NFTABLES, message);
    return this.#builder.message(type, NLM_F_REQUEST | flags, ++this.#sequence, NFPROTO_INET);
  }

  finish(): Uint8Array {
    return this.#builder
      .message(NFNL_MSG_BATCH_END, NLM_F_REQUEST, ++this.#sequence, 0, NFNL_SUBSYS_NFTABLES)
      .finish();
  }
}

/** `ct state new`: load the state, keep the bit of "new", go on if it is set. */
function stateIsNew(expressions: MessageBuilder): void {
  const expression = (name: string, data: (builder: MessageBuilder) => void) =>
    expressions.nest(NFTA_LIST_ELEM, (element) => element.text(1, name).nest(2, data));
  expression('ct', (data) => data.u32(1, NFT_REG_1).u32(2, NFT_CT_STATE));
  expression('bitwise', (data) => {
    data.u32(1, NFT_REG_1).u32(2, NFT_REG_1).u32(3, 4);
    data.nest(4, (mask) => mask.bytes(1, hostWord(NF_CT_STATE_NEW)));
    data.nest(5, (xor) => xor.bytes(1, hostWord(0)));
  });
  expression('cmp', (data) => {
    data.u32(1, NFT_REG_1).u32(2, NFT_CMP_NEQ);
    data.nest(3, (value) => value.bytes(1, hostWord(0)));
  });
}

/** libnftnl keeps a table's comment in its user data: type 0 (8), length (8), text and NUL. */
function comment(): Uint8Array {
  const text = new TextEncoder().encode(`${COMMENT}\0`);
  return Uint8Array.of(0, text.length, ...text);
}

function send(what: string, bytes: Uint8Array): void {
  const socket = new NetlinkSocket();
  try {
    request(socket, what, bytes);
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

function hostWord(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

// linux/netfilter/nf_tables.h and nf_conntrack_common.h
const NFPROTO_INET = 1;
const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_GETTABLE = 1;
const NFT_MSG_DELTABLE = 2;
const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_NEWRULE = 6;
const NFTA_TABLE_NAME = 1;
const NFTA_TABLE_USERDATA = 6;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_RULE_TABLE = 1;
const NFTA_RULE_CHAIN = 2;
const NFTA_RULE_EXPRESSIONS = 4;
const NFTA_LIST_ELEM = 1;
const NFT_REG_1 = 1;
const NFT_CT_STATE = 0;
const NFT_CMP_NEQ = 1;
const NF_CT_STATE_NEW = 1 << 3;
