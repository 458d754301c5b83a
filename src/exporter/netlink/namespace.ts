import { closeSync, openSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { NetlinkError } from './errors.ts';
import { errnoName, lastErrno, loadLibc } from './libc.ts';

const CLONE_NEWNET = 0x40000000; // linux/sched.h
const NO_NAMESPACE = 'WEIR_NETLINK_NO_NAMESPACE';
const NAMES = '`ip netns list` shows those with a name (they lie in /run/netns).';

/**
 * Moves this thread into the network namespace at `path` (such as /run/netns/blue or /proc/PID/ns/net), for
 * good. A namespace belongs to a thread. The main thread is refused, or else half of the process would be in
 * another namespace.
 */
export function enterNetworkNamespace(path: string): void {
  if (isMainThread) {
    throw new Error(
      `cannot enter the network namespace ${path}: only a worker thread may change its namespace`,
    );
  }
  const fd = openNamespace(path);
  try {
    if (loadLibc().setns(fd, CLONE_NEWNET) < 0) throw refusalError(path, errnoName(lastErrno()));
  } finally {
    closeSync(fd);
  }
}

function refusalError(path: string, errno: string): NetlinkError {
  const call = `setns(${path})`;
  if (errno !== 'EINVAL') return NetlinkError.fromErrno(call, errno);
  const message = `expected a network namespace at ${path}, found something else`;
  return new NetlinkError({ code: NO_NAMESPACE, message, call, errno, remedy: NAMES });
}

function openNamespace(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? '';
    if (errno !== 'ENOENT') throw NetlinkError.fromErrno(`open(${path})`, errno);
    throw new NetlinkError({
      code: NO_NAMESPACE,
      message: `there is no network namespace at ${path}`,
      call: `open(${path})`,
      errno,
      remedy: NAMES,
    });
  }
}
