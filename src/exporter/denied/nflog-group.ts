import { readFileSync } from 'node:fs';
import {
  MessageBuilder,
  messageType,
  NetlinkError,
  NFNL_SUBSYS_ULOG,
  NLM_F_ACK,
  NLM_F_REQUEST,
} from '../netlink/index.ts';

const NFULNL_MSG_CONFIG = messageType(NFNL_SUBSYS_ULOG, 1);
const NFULA_CFG_CMD = 1;
const NFULA_CFG_MODE = 2;
const NFULA_CFG_NLBUFSIZ = 3;
const NFULA_CFG_TIMEOUT = 4;
const NFULA_CFG_QTHRESH = 5;
const NFULA_CFG_FLAGS = 6;
const NFULNL_CFG_CMD_BIND = 1;
const NFULNL_CFG_CMD_UNBIND = 2;
const NFULNL_COPY_PACKET = 2;
const NFULNL_CFG_F_SEQ = 1;
const NFULNL_CFG_F_CONNTRACK = 4;

/** The kernel delivers a datagram when it has this many packets of a group … */
const QUEUE_THRESHOLD = 100;
/** … or this long after the first of them, in 1/100 s. */
const FLUSH_TIMEOUT_CENTISECONDS = 5;
/**
 * Buffer in which the kernel collects a datagram: with its own 320 octets just within a 32 KiB allocation. A
 * packet takes up to 128 copied octets, some 140 of attributes and 370 of its connection. The datagram goes
 * sooner when it is full.
 */
const DATAGRAM_OCTETS = 32_768 - 512;

/**
 * Binds a group to the sending socket and configures it, in one message, so that its first packet has number
 * 0.
 */
export function bindMessage(group: number, copyOctets: number): Uint8Array {
  const mode = new DataView(new ArrayBuffer(6)); // copy range (32), copy mode (8), pad (8)
  mode.setUint32(0, copyOctets);
  mode.setUint8(4, NFULNL_COPY_PACKET);
  return new MessageBuilder()
    .message(NFULNL_MSG_CONFIG, NLM_F_REQUEST | NLM_F_ACK, group, 0, group)
    .u8(NFULA_CFG_CMD, NFULNL_CFG_CMD_BIND)
    .bytes(NFULA_CFG_MODE, new Uint8Array(mode.buffer))
    .u32(NFULA_CFG_NLBUFSIZ, DATAGRAM_OCTETS)
    .u32(NFULA_CFG_TIMEOUT, FLUSH_TIMEOUT_CENTISECONDS)
    .u32(NFULA_CFG_QTHRESH, QUEUE_THRESHOLD)
    .u16(NFULA_CFG_FLAGS, NFULNL_CFG_F_SEQ)
    .finish();
}

/**
 * Asks for the connection of each packet, too, once the group is bound. Kernels without
 * CONFIG_NETFILTER_NETLINK_GLUE_CT refuse.
 */
export function connectionsMessage(group: number): Uint8Array {
  return new MessageBuilder()
    .message(NFULNL_MSG_CONFIG, NLM_F_REQUEST | NLM_F_ACK, group, 0, group)
    .u16(NFULA_CFG_FLAGS, NFULNL_CFG_F_SEQ | NFULNL_CFG_F_CONNTRACK)
    .finish();
}

/** Unbinds a group. The kernel delivers what it has collected before it acknowledges. */
export function unbindMessage(group: number): Uint8Array {
  return new MessageBuilder()
    .message(NFULNL_MSG_CONFIG, NLM_F_REQUEST | NLM_F_ACK, group, 0, group)
    .u8(NFULA_CFG_CMD, NFULNL_CFG_CMD_UNBIND)
    .finish();
}

/**
 * Explains a refused bind. The kernel answers EPERM both for a missing capability and for a group of another
 * socket; its list of groups distinguishes them.
 */
export function bindError(error: unknown, group: number): unknown {
  if (!(error instanceof NetlinkError)) return error;
  const { call, errno } = error;
  if (errno === 'EPERM' || errno === 'EBUSY') {
    const owner = ownerOf(group);
    if (owner === undefined && errno === 'EPERM') return error;
    return new NetlinkError({
      code: 'WEIR_NFLOG_GROUP_BUSY',
      message: `NFLOG group ${group} is already bound by ${owner ?? 'another program'}`,
      call,
      errno,
      remedy:
        'Only one program in a network namespace can read a group: stop that one, or let the firewall rules that ' +
        'Weir is to see log to another group and name that one in the configuration.',
    });
  }
  if (errno !== 'EINVAL' && errno !== 'EOPNOTSUPP') return error;
  return new NetlinkError({
    code: 'WEIR_NFLOG_UNSUPPORTED',
    message: `the kernel does not know NFLOG (binding group ${group}: ${errno})`,
    call,
    errno,
    remedy: 'Load the module: `modprobe nfnetlink_log`.',
  });
}

/**
 * Who has bound a group, by /proc/net/netfilter/nfnetlink_log: a line each, beginning with group and port id.
 * The port id of a program's first netlink socket is its process id.
 */
function ownerOf(group: number): string | undefined {
  for (const line of readText('/proc/thread-self/net/netfilter/nfnetlink_log').split('\n')) {
    const [bound, portId] = line.trim().split(/\s+/);
    if (bound === '' || Number(bound) !== group) continue;
    const name = readText(`/proc/${portId}/comm`).trim();
    return name === '' ? `another program (netlink port ${portId})` : `${name} (process ${portId})`;
  }
  return undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // not readable here, or the process is gone
  }
}
