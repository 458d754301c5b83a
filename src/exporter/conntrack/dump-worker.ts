import { outletOfThisWorker } from '../netlink/index.ts';
import { dumpConnections, dumpDatagram } from './connection-dump.ts';
import { enableAccounting } from './sysctls.ts';
import { checkConntrack, readTableState } from './table-state.ts';
import { checkTracking } from './tracking-check.ts';
import { TrackingTable } from './tracking-table.ts';
import { WatchedNamespace } from './watched-namespace.ts';

export interface DumpWorkerOptions {
  readonly netns: string | undefined;
}

/** The tasks of this worker: whatever must run inside the network namespace and ends by itself. */
export type DumpWorkerTask =
  | 'dump'
  | 'enable-accounting'
  | 'table-state'
  | 'ensure-tracking'
  | 'remove-tracking'
  | 'check-tracking'
  | 'connections-begun';

const { outlet, settings } = outletOfThisWorker<DumpWorkerOptions>();

outlet.serve(
  () => {
    const namespace = new WatchedNamespace(settings.netns).enter();
    checkConntrack();
    return { namespace, table: new TrackingTable(), datagram: dumpDatagram() };
  },
  ({ namespace, table, datagram }, task) => {
    switch (task as DumpWorkerTask) {
      case 'dump':
        return dumpConnections(outlet, datagram);
      case 'enable-accounting':
        return enableAccounting();
      case 'table-state':
        return readTableState(table);
      case 'ensure-tracking':
        table.ensure();
        return { name: table.name, isOwned: table.isOwned };
      case 'remove-tracking':
        return table.remove();
      case 'check-tracking':
        return checkTracking(namespace, table);
      case 'connections-begun':
        return table.connectionsBegun();
    }
  },
);
