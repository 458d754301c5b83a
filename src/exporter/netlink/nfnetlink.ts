/** Numbers of linux/netlink.h and linux/netfilter/nfnetlink.h that more than one folder needs. */

export const NLM_F_REQUEST = 0x1;
export const NLM_F_MULTI = 0x2;
export const NLM_F_ACK = 0x4;
/** The table changed during the dump: rows may be missing or repeated. */
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_DUMP = 0x300;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

export const NLMSG_NOOP = 1;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

export const NFNL_MSG_BATCH_BEGIN = 0x10;
export const NFNL_MSG_BATCH_END = 0x11;

export const NFNL_SUBSYS_CTNETLINK = 1;
export const NFNL_SUBSYS_ULOG = 4;
export const NFNL_SUBSYS_NFTABLES = 10;

/** struct nlmsghdr is 16 octets, struct nfgenmsg after it 4. */
export const NLMSG_HEADER_OCTETS = 16;
export const NFGENMSG_OCTETS = 4;

/** nlmsg_type of an nfnetlink message: subsystem in the upper octet, its message number in the lower. */
export function messageType(subsystem: number, message: number): number {
  return (subsystem << 8) | message;
}
