import { enterNetworkNamespace, outletOfThisWorker } from '../netlink/index.ts';
import { dumpConnections, dumpDatagram } from './connection-dump.ts';
import { enableAccounting } from './sysctls.ts';
import { checkConntrack, readTableState } from './table-state.ts';
import { TrackingTable } from './tracking-table.ts';

export interface DumpWorkerSettings {
  readonly netns: string | undefined;
}

/** What this worker does when asked: all that happens inside the network namespace and is over in one go. */
export type DumpWorkerTask =
  | 'dump'
  | 'enable-accounting'
  | 'table-state'
  | 'ensure-tracking'
  | 'remove-tracking'
  | 'connections-begun';

const { outlet, settings } = outletOfThisWorker<DumpWorkerSettings>();

outlet.serve(
  () => {
    if (settings.netns !== undefined) enterNetworkNamespace(settings.netns);
    checkConntrack();
    return dumpDatagram();
  },
  (datagram, task) => {
    switch (task as DumpWorkerTask) {
      case 'dump':
        return dumpConnections(outlet, datagram);
      case 'enable-accounting':
        return enableAccounting();
      case 'table-state':
        return readTableState();
      case 'ensure-tracking':
        return new TrackingTable().ensure();
      case 'remove-tracking':
        return new TrackingTable().remove();
      case 'connections-begun':
        return new TrackingTable().connectionsBegun();
    }
  },
);
