import { NetlinkError } from '../netlink/index.ts';
import { enableAccounting, type SysctlReport } from './sysctls.ts';
import type { TrackingTable } from './tracking-table.ts';
import type { NamespacePlace, WatchedNamespace } from './watched-namespace.ts';

/** Whether the kernel still shows all connections, as one check found. */
export interface TrackingReport {
  readonly namespace: NamespacePlace;
  /** Each as it was found, and after it has been set again. */
  readonly sysctls: readonly SysctlReport[];
  /** Whether this process's own table had to be made again; undefined without one. */
  readonly table: 'made' | 'present' | undefined;
  /** Why the table could not be made again. */
  readonly refusal: { readonly message: string; readonly remedy: string | undefined } | undefined;
}

/** Checks, and restores what can be restored, in the calling thread's network namespace. */
export function checkTracking(namespace: WatchedNamespace, table: TrackingTable): TrackingReport {
  const report = { namespace: namespace.place, sysctls: enableAccounting(), refusal: undefined };
  if (table.name === undefined) return { ...report, table: undefined };
  try {
    return { ...report, table: table.ensure() };
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    return { ...report, table: undefined, refusal: { message: error.message, remedy: error.remedy } };
  }
}
