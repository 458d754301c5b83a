import { WeirError } from '../../runtime/errors.ts';
import type { ErrorCode } from '../../runtime/index.ts';
import { errnoName } from './libc.ts';

/** The fields that a worker sends to the main thread: structured clone keeps neither class nor code. */
export interface NetlinkErrorFields {
  readonly code: ErrorCode;
  readonly message: string;
  readonly call: string;
  readonly errno: string;
  readonly remedy: string | undefined;
}

/**
 * The kernel refused a call: `call` is what Weir tried, `errno` the name of the answer ("EPERM"; empty
 * without one).
 */
export class NetlinkError extends WeirError {
  readonly call: string;
  readonly errno: string;

  constructor({ code, message, call, errno, remedy }: NetlinkErrorFields) {
    super(code, message, remedy === undefined ? {} : { remedy });
    this.name = 'NetlinkError';
    this.call = call;
    this.errno = errno;
  }

  /** @param told the kernel's own message (extended acknowledgement), if any */
  static fromErrno(call: string, errno: number | string, told = ''): NetlinkError {
    const name = typeof errno === 'string' ? errno : errnoName(errno);
    const { code, remedy } = meanings[name] ?? { code: 'WEIR_NETLINK_REFUSED', remedy: undefined };
    const said = told === '' ? name : `${name}, "${told}"`;
    return new NetlinkError({ code, message: `${call} failed: ${said}`, call, errno: name, remedy });
  }

  get fields(): NetlinkErrorFields {
    const { code, message, call, errno, remedy } = this;
    return { code, message, call, errno, remedy };
  }
}

type Meaning = Pick<NetlinkErrorFields, 'code' | 'remedy'>;

const notPermitted: Meaning = {
  code: 'WEIR_NETLINK_NOT_PERMITTED',
  remedy:
    'It needs the capability CAP_NET_ADMIN, and CAP_SYS_ADMIN to enter a network namespace: run as root, or grant it to ' +
    'the runtime with `setcap cap_net_admin+ep $(readlink -f node_modules/.bin/node)`; in a Pod add NET_ADMIN to ' +
    'securityContext.capabilities.add.',
};
const unsupported: Meaning = {
  code: 'WEIR_NETLINK_UNSUPPORTED',
  remedy: 'This kernel, or a seccomp profile, offers no such netlink family: try `modprobe nfnetlink`.',
};

const meanings: Readonly<Record<string, Meaning>> = {
  EPERM: notPermitted,
  EACCES: notPermitted,
  EPROTONOSUPPORT: unsupported,
  EAFNOSUPPORT: unsupported,
  EMFILE: {
    code: 'WEIR_NETLINK_REFUSED',
    remedy: 'Too many files are open in this process: raise `ulimit -n`.',
  },
  ENOBUFS: {
    code: 'WEIR_NETLINK_OVERRUN',
    remedy: 'The answer did not fit into the receive buffer: give the socket a larger one.',
  },
  EAGAIN: {
    code: 'WEIR_NETLINK_TIMEOUT',
    remedy: 'The kernel gave no answer within the receive timeout: try again when the host is less busy.',
  },
};
