import {
  AttributeCursor,
  MessageBuilder,
  type MessageCursor,
  messageType,
  NFGENMSG_OCTETS,
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NLM_F_ACK,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REQUEST,
} from '../netlink/index.ts';

/* The table that tracking-table.ts describes, as nf_tables messages. */

const COUNTER = 'begun';
const COMMENT =
  'Weir: turns connection tracking on and counts the connections that begin; goes with its process, leave it out of saved rules';

export interface TableIdentity {
  readonly name: string;
  /** Whether the table disappears with its socket, and no other process may change it (Linux 5.12). */
  readonly isOwned: boolean;
}

/** The kernel's description of a table. */
export interface TableReading {
  readonly name: string;
  readonly isOwned: boolean;
  readonly isDormant: boolean;
  /** Whether it has the comment of Weir's tables. */
  readonly isOfWeir: boolean;
}

export function tableRequest(name: string): Uint8Array {
  return requestMessage(NFT_MSG_GETTABLE).text(NFTA_TABLE_NAME, name).finish();
}

export function tablesRequest(): Uint8Array {
  return requestMessage(NFT_MSG_GETTABLE, NLM_F_DUMP).finish();
}

export function rulesRequest(table: string): Uint8Array {
  return requestMessage(NFT_MSG_GETRULE, NLM_F_DUMP).text(NFTA_RULE_TABLE, table).finish();
}

export function counterRequest(table: string): Uint8Array {
  const message = requestMessage(NFT_MSG_GETOBJ).text(NFTA_OBJ_TABLE, table).text(NFTA_OBJ_NAME, COUNTER);
  return message.u32(NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER).finish();
}

/** The number of rules in an unchanged table. */
export const RULES = 2;

/**
 * The transaction that creates the table. With `replaces` it first deletes an existing one; without, it fails
 * if one exists.
 */
export function makingTable({ name, isOwned }: TableIdentity, replaces: boolean): Uint8Array {
  const batch = new Batch();
  if (replaces) batch.change(NFT_MSG_DELTABLE).text(NFTA_TABLE_NAME, name);
  const create = NLM_F_CREATE;
  const table = batch.change(NFT_MSG_NEWTABLE, create | NLM_F_EXCL).text(NFTA_TABLE_NAME, name);
  if (isOwned) table.u32(NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
  table.bytes(NFTA_TABLE_USERDATA, comment);
  addCounter(batch.change(NFT_MSG_NEWOBJ, create), name);
  addChain(batch.change(NFT_MSG_NEWCHAIN, create), name, 'input', NF_INET_LOCAL_IN);
  addRule(batch.change(NFT_MSG_NEWRULE, create | NLM_F_APPEND), name, 'input');
  addChain(batch.change(NFT_MSG_NEWCHAIN, create), name, 'postrouting', NF_INET_POST_ROUTING);
  addRule(batch.change(NFT_MSG_NEWRULE, create | NLM_F_APPEND | NLM_F_ACK), name, 'postrouting');
  return batch.finish();
}

/**
 * A transaction that adds a rule with `ct bytes` in a chain without a hook, and removes it again. No packet
 * meets it.
 */
export function readingOctets(name: string): Uint8Array {
  const batch = new Batch();
  const create = NLM_F_CREATE;
  batch.change(NFT_MSG_NEWTABLE, create | NLM_F_EXCL).text(NFTA_TABLE_NAME, name);
  const chain = 'octets';
  batch.change(NFT_MSG_NEWCHAIN, create).text(NFTA_CHAIN_TABLE, name).text(NFTA_CHAIN_NAME, chain);
  const rule = batch.change(NFT_MSG_NEWRULE, create | NLM_F_APPEND);
  rule.text(NFTA_RULE_TABLE, name).text(NFTA_RULE_CHAIN, chain);
  rule.nest(NFTA_RULE_EXPRESSIONS, (expressions) =>
    addExpression(expressions, 'ct', (data) => data.u32(1, NFT_REG_1).u32(2, NFT_CT_BYTES)),
  );
  batch.change(NFT_MSG_DELTABLE, NLM_F_ACK).text(NFTA_TABLE_NAME, name);
  return batch.finish();
}

export function removingTable(name: string): Uint8Array {
  const batch = new Batch();
  batch.change(NFT_MSG_DELTABLE, NLM_F_ACK).text(NFTA_TABLE_NAME, name);
  return batch.finish();
}

/**
 * Parses an answer to tableRequest() or tablesRequest(): nfgenmsg | NFTA_TABLE_NAME | NFTA_TABLE_FLAGS | … |
 * NFTA_TABLE_USERDATA
 */
export function tableOf({ bytes, start, end }: MessageCursor): TableReading {
  const attribute = new AttributeCursor().open(bytes, start + NFGENMSG_OCTETS, end);
  const reading = { name: '', isOwned: false, isDormant: false, isOfWeir: false };
  while (attribute.next()) {
    if (attribute.type === NFTA_TABLE_NAME) reading.name = attribute.text();
    if (attribute.type === NFTA_TABLE_FLAGS) {
      reading.isOwned = (attribute.u32() & NFT_TABLE_F_OWNER) !== 0;
      reading.isDormant = (attribute.u32() & NFT_TABLE_F_DORMANT) !== 0;
    }
    if (attribute.type === NFTA_TABLE_USERDATA) {
      const userdata = bytes.subarray(attribute.start, attribute.end);
      reading.isOfWeir = Buffer.compare(userdata, comment) === 0;
    }
  }
  return reading;
}

/**
 * Parses the answer to counterRequest(): nfgenmsg | NFTA_OBJ_DATA { NFTA_COUNTER_BYTES (64),
 * NFTA_COUNTER_PACKETS (64) }
 */
export function packetsOf({ bytes, start, end }: MessageCursor): number | undefined {
  const attribute = new AttributeCursor().open(bytes, start + NFGENMSG_OCTETS, end);
  const inner = new AttributeCursor();
  while (attribute.next()) {
    if (attribute.type !== NFTA_OBJ_DATA) continue;
    inner.enter(attribute);
    while (inner.next()) if (inner.type === NFTA_COUNTER_PACKETS) return inner.u64();
  }
  return undefined;
}

/**
 * A transaction: all of its changes take effect together or none does. Only the last change requests an
 * acknowledgement. So the kernel's first answer is either the first error or the success of all.
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

function requestMessage(message: number, flags = NLM_F_ACK): MessageBuilder {
  const type = messageType(NFNL_SUBSYS_NFTABLES, message);
  return new MessageBuilder().message(type, NLM_F_REQUEST | flags, 1, NFPROTO_INET);
}

function addCounter(message: MessageBuilder, table: string): void {
  message.text(NFTA_OBJ_TABLE, table).text(NFTA_OBJ_NAME, COUNTER).u32(NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
  message.nest(NFTA_OBJ_DATA, () => {});
}

function addChain(message: MessageBuilder, table: string, name: string, hook: number): void {
  message.text(NFTA_CHAIN_TABLE, table).text(NFTA_CHAIN_NAME, name);
  message.nest(NFTA_CHAIN_HOOK, (place) =>
    place.u32(NFTA_HOOK_HOOKNUM, hook).u32(NFTA_HOOK_PRIORITY, BEFORE_CONFIRMATION),
  );
  message.u32(NFTA_CHAIN_POLICY, NF_ACCEPT).text(NFTA_CHAIN_TYPE, 'filter');
}

/**
 * `ct direction original ct status ! confirmed counter name "begun"`: continue if the packet is of the end
 * that began. Load the status, keep one bit, continue if it is not set, count. The direction leaves out the
 * kernel's answer to a rejected packet, whose connection never begins.
 */
function addRule(message: MessageBuilder, table: string, chain: string): void {
  message.text(NFTA_RULE_TABLE, table).text(NFTA_RULE_CHAIN, chain);
  message.nest(NFTA_RULE_EXPRESSIONS, (expressions) => {
    addExpression(expressions, 'ct', (data) => data.u32(1, NFT_REG_1).u32(2, NFT_CT_DIRECTION));
    addExpression(expressions, 'cmp', (data) => {
      data.u32(1, NFT_REG_1).u32(2, NFT_CMP_EQ);
      data.nest(3, (value) => value.bytes(1, Uint8Array.of(IP_CT_DIR_ORIGINAL)));
    });
    addExpression(expressions, 'ct', (data) => data.u32(1, NFT_REG_1).u32(2, NFT_CT_STATUS));
    addExpression(expressions, 'bitwise', (data) => {
      data.u32(1, NFT_REG_1).u32(2, NFT_REG_1).u32(3, 4);
      data.nest(4, (mask) => mask.bytes(1, hostWord(IPS_CONFIRMED)));
      data.nest(5, (xor) => xor.bytes(1, hostWord(0)));
    });
    addExpression(expressions, 'cmp', (data) => {
      data.u32(1, NFT_REG_1).u32(2, NFT_CMP_EQ);
      data.nest(3, (value) => value.bytes(1, hostWord(0)));
    });
    addExpression(expressions, 'objref', (data) => data.u32(1, NFT_OBJECT_COUNTER).text(2, COUNTER));
  });
}

function addExpression(
  expressions: MessageBuilder,
  name: string,
  data: (builder: MessageBuilder) => void,
): void {
  expressions.nest(NFTA_LIST_ELEM, (element) => element.text(1, name).nest(2, data));
}

/** libnftnl keeps a table's comment in its user data: type 0 (8), length (8), text and NUL. */
const comment = Buffer.from([0, COMMENT.length + 1, ...Buffer.from(`${COMMENT}\0`)]);

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
const NFT_MSG_GETRULE = 7;
const NFT_MSG_NEWOBJ = 18;
const NFT_MSG_GETOBJ = 19;
const NFTA_TABLE_NAME = 1;
const NFTA_TABLE_FLAGS = 2;
const NFTA_TABLE_USERDATA = 6;
const NFT_TABLE_F_DORMANT = 1;
const NFT_TABLE_F_OWNER = 2;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_HOOK = 4;
const NFTA_CHAIN_POLICY = 5;
const NFTA_CHAIN_TYPE = 7;
const NFTA_HOOK_HOOKNUM = 1;
const NFTA_HOOK_PRIORITY = 2;
const NFTA_RULE_TABLE = 1;
const NFTA_RULE_CHAIN = 2;
const NFTA_RULE_EXPRESSIONS = 4;
const NFTA_LIST_ELEM = 1;
const NFTA_OBJ_TABLE = 1;
const NFTA_OBJ_NAME = 2;
const NFTA_OBJ_TYPE = 3;
const NFTA_OBJ_DATA = 4;
const NFTA_COUNTER_PACKETS = 2;
const NFT_OBJECT_COUNTER = 1;
const NFT_REG_1 = 1;
const NFT_CT_DIRECTION = 1;
const NFT_CT_STATUS = 2;
const NFT_CT_BYTES = 15;
const NFT_CMP_EQ = 0;
const NF_ACCEPT = 1;
const NF_INET_LOCAL_IN = 1;
const NF_INET_POST_ROUTING = 4;
/** One less than NF_IP_PRI_CONNTRACK_CONFIRM, the greatest priority. */
const BEFORE_CONFIRMATION = 2 ** 31 - 2;
const IPS_CONFIRMED = 1 << 3;
const IP_CT_DIR_ORIGINAL = 0;
