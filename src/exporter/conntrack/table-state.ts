import {
  AttributeCursor,
  MessageBuilder,
  messageType,
  NetlinkError,
  NetlinkSocket,
  NFGENMSG_OCTETS,
  NFNL_SUBSYS_CTNETLINK,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  readDump,
} from '../netlink/index.ts';
import * as ct from './ctnetlink.ts';
import { readSysctl, SYSCTL_DIRECTORY } from './sysctls.ts';
import { TrackingTable } from './tracking-table.ts';

/** How full the connection tracking table is, and what the kernel could not keep in it. */
export interface TableState {
  /** Connections tracked in this network namespace. */
  readonly entries: number;
  /** Maximum connections that the kernel tracks in one namespace. */
  readonly maxEntries: number;
  /** Since the namespace was made, over all CPUs; each counter wraps at 2^32. */
  readonly insertFailed: number;
  /** Packets dropped because their connection could not be tracked, mostly because the table was full. */
  readonly dropped: number;
  /** Connections evicted to make room for new ones. */
  readonly earlyDropped: number;
  /**
   * Whether this process's own nftables table, which keeps tracking on, exists; undefined without nf_tables.
   */
  readonly hasTrackingTable: boolean | undefined;
  /**
   * `yes`: the kernel tracks something, or that table makes it. `not-seen`: it tracks nothing now. Either no
   * rule needs tracking or there was no traffic; the kernel offers no cheap way to distinguish the two.
   */
  readonly tracking: 'yes' | 'not-seen';
  /** What an administrator should know about it; empty when all is well. */
  readonly warnings: readonly TableWarning[];
}

export interface TableWarning {
  readonly code: 'WEIR_CONNTRACK_TABLE_FULL' | 'WEIR_CONNTRACK_NOT_KEPT' | 'WEIR_CONNTRACK_NOTHING_TRACKED';
  readonly message: string;
  readonly remedy: string;
}

/**
 * @throws NetlinkError when the kernel has no connection tracking or no netlink access to it, or privilege is
 * missing
 */
export function checkConntrack(directory = SYSCTL_DIRECTORY): void {
  if (readSysctl('nf_conntrack_max', directory) === undefined) {
    throw missingFromKernel(
      `there is no connection tracking: ${directory}/nf_conntrack_max does not exist`,
      'modprobe nf_conntrack',
    );
  }
  try {
    readEntries();
  } catch (error) {
    throw explainedError(error);
  }
}

/** For the calling thread's network namespace. @param table that this process has made there */
export function readTableState(table: TrackingTable = new TrackingTable()): TableState {
  const entries = readEntries();
  const maxEntries = Number(readSysctl('nf_conntrack_max') ?? 0);
  const statistics = readStatistics();
  const hasTrackingTable = table.isPresent();
  const tracking = entries > 0 || hasTrackingTable ? 'yes' : 'not-seen';
  const state = { entries, maxEntries, ...statistics, hasTrackingTable, tracking } as const;
  return { ...state, warnings: warningsOf(state) };
}

/** From 95 % on the kernel is about to refuse new connections. */
const NEARLY_FULL = 0.95;

export function warningsOf(state: Omit<TableState, 'warnings'>): TableWarning[] {
  const warnings: TableWarning[] = [];
  const { entries, maxEntries, dropped, earlyDropped } = state;
  const remedy = `Raise the limit on the host with \`sysctl -w net.netfilter.nf_conntrack_max=${Math.max(2 * maxEntries, 65_536)}\`.`;
  if (entries >= NEARLY_FULL * maxEntries) {
    const message = `the connection tracking table is full or nearly full: ${entries} of ${maxEntries} entries`;
    warnings.push({ code: 'WEIR_CONNTRACK_TABLE_FULL', message, remedy });
  }
  if (dropped > 0 || earlyDropped > 0) {
    const message =
      `the connection tracking table was too small: ${dropped} packets of connections that the kernel could not track were ` +
      `dropped (no flow record has them), and ${earlyDropped} connections were evicted before their end (their records end there)`;
    warnings.push({ code: 'WEIR_CONNTRACK_NOT_KEPT', message, remedy });
  }
  if (state.tracking === 'not-seen') {
    warnings.push({
      code: 'WEIR_CONNTRACK_NOTHING_TRACKED',
      message:
        'the kernel tracks no connection in this network namespace: perhaps no firewall rule turns tracking on, or there has been no traffic',
      remedy:
        'A rule with `ct state` turns tracking on. Weir adds one with weir.track; by hand: `nft add table inet track; ' +
        'nft add chain inet track all; nft add rule inet track all ct state new`.',
    });
  }
  return warnings;
}

function readEntries(): number {
  const request = new MessageBuilder()
    .message(messageType(NFNL_SUBSYS_CTNETLINK, ct.IPCTNL_MSG_CT_GET_STATS), NLM_F_REQUEST | NLM_F_ACK, 1)
    .finish();
  let entries = 0;
  readAttributes('reading the size of the connection tracking table', request, (attribute) => {
    if (attribute.type === ct.CTA_STATS_GLOBAL_ENTRIES) entries = attribute.u32();
  });
  return entries;
}

function readStatistics(): { insertFailed: number; dropped: number; earlyDropped: number } {
  const request = new MessageBuilder()
    .message(
      messageType(NFNL_SUBSYS_CTNETLINK, ct.IPCTNL_MSG_CT_GET_STATS_CPU),
      NLM_F_REQUEST | NLM_F_DUMP,
      1,
    )
    .finish();
  const sums = { insertFailed: 0, dropped: 0, earlyDropped: 0 };
  readAttributes('reading the statistics of connection tracking', request, (attribute) => {
    if (attribute.type === ct.CTA_STATS_INSERT_FAILED) sums.insertFailed += attribute.u32();
    else if (attribute.type === ct.CTA_STATS_DROP) sums.dropped += attribute.u32();
    else if (attribute.type === ct.CTA_STATS_EARLY_DROP) sums.earlyDropped += attribute.u32();
  });
  return sums;
}

function readAttributes(
  what: string,
  request: Uint8Array,
  onAttribute: (attribute: AttributeCursor) => void,
): void {
  const socket = new NetlinkSocket();
  const attribute = new AttributeCursor();
  try {
    readDump(socket, what, request, ({ bytes, start, end }) => {
      attribute.open(bytes, start + NFGENMSG_OCTETS, end);
      while (attribute.next()) onAttribute(attribute);
    });
  } finally {
    socket.close();
  }
}

/** nfnetlink answers EINVAL for a subsystem that it does not have. */
function explainedError(error: unknown): unknown {
  if (!(error instanceof NetlinkError) || (error.errno !== 'EINVAL' && error.errno !== 'EOPNOTSUPP'))
    return error;
  return missingFromKernel(
    `the kernel gives no access to connection tracking through netlink (${error.message})`,
    'modprobe nf_conntrack_netlink',
  );
}

function missingFromKernel(message: string, command: string): NetlinkError {
  return new NetlinkError({
    code: 'WEIR_CONNTRACK_MISSING',
    message,
    call: 'conntrack',
    errno: 'ENOENT',
    remedy: `Load it with \`${command}\`, or use a kernel built with CONFIG_NF_CONNTRACK and CONFIG_NF_CT_NETLINK.`,
  });
}
