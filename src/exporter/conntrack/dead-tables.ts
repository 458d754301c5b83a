import { readFileSync } from 'node:fs';
import type { TableReading } from './tracking-rules.ts';

const NETLINK_NETFILTER = 12;

/**
 * Weir's tables in a namespace that nobody owns and whose process is gone: no netlink socket has their
 * number. Read the tables before the sockets, because a process has its socket before its table.
 *
 * @param sockets as /proc/net/netlink lists them: address, protocol, port id, …; default those of this
 * thread's namespace
 */
export function deadTables(
  tables: readonly TableReading[],
  sockets: string | undefined = readSockets(),
): TableReading[] {
  if (sockets === undefined) return [];
  const living = new Set<number>();
  for (const line of sockets.split('\n')) {
    const [, protocol, portId] = line.split(/ +/);
    if (Number(protocol) === NETLINK_NETFILTER) living.add(Number(portId));
  }
  return tables.filter(({ name, isOfWeir, isOwned }) => {
    const [, portId] = /^weir-(\d+)(-\d)?$/.exec(name) ?? [];
    return isOfWeir && !isOwned && portId !== undefined && !living.has(Number(portId));
  });
}

function readSockets(): string | undefined {
  try {
    return readFileSync('/proc/thread-self/net/netlink', 'utf8');
  } catch {
    return undefined;
  }
}
