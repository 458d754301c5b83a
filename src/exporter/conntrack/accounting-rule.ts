import { NetlinkError, NetlinkSocket, readDump } from '../netlink/index.ts';
import { readingOctets } from './tracking-rules.ts';

/**
 * Turns on the accounting of connection tracking in the calling thread's network namespace without its
 * sysctl, which a container may not write. The kernel turns it on when a rule reads `ct bytes`, and leaves it
 * on when the rule is gone. CAP_NET_ADMIN is enough.
 * @returns the kernel's refusal; undefined when it agreed
 */
export function enableAccountingByRule(): string | undefined {
  const socket = new NetlinkSocket();
  try {
    const rule = readingOctets(`weir-octets-${socket.portId}`);
    readDump(socket, 'turning on accounting by a rule', rule, () => {});
    return undefined;
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    return error.errno ?? error.message;
  } finally {
    socket.close();
  }
}
