import { NetlinkSocket, outletOfThisWorker } from '../netlink/index.ts';
import { dumpConnections, dumpDatagram } from './connection-dump.ts';
import { EventListener, eventSocketOptions } from './event-listener.ts';
import { enableAccounting } from './sysctls.ts';
import { checkConntrack, readTableState } from './table-state.ts';
import { checkTracking } from './tracking-check.ts';
import { TrackingTable } from './tracking-table.ts';
import { WatchedNamespace } from './watched-namespace.ts';

export interface ConntrackWorkerOptions {
  readonly netns: string | undefined;
  /** For unread events; undefined when it listens to none. */
  readonly receiveBufferOctets: number | undefined;
}

/** What this worker is asked: whatever must run inside the network namespace and ends by itself. */
export type ConntrackWorkerTask =
  | 'dump'
  | 'enable-accounting'
  | 'table-state'
  | 'ensure-tracking'
  | 'remove-tracking'
  | 'check-tracking'
  | 'connections-begun';

const { outlet, settings } = outletOfThisWorker<ConntrackWorkerOptions>();

interface Source {
  readonly namespace: WatchedNamespace;
  readonly table: TrackingTable;
  readonly datagram: Uint8Array;
  readonly listener: EventListener | undefined;
}

function openSource(): Source {
  const namespace = new WatchedNamespace(settings.netns).enter();
  checkConntrack();
  const { receiveBufferOctets } = settings;
  const listener =
    receiveBufferOctets === undefined
      ? undefined
      : new EventListener(outlet, new NetlinkSocket(eventSocketOptions(receiveBufferOctets)));
  return { namespace, table: new TrackingTable(), datagram: dumpDatagram(), listener };
}

function answerTask({ namespace, table, datagram, listener }: Source, task: unknown): unknown {
  switch (task as ConntrackWorkerTask) {
    case 'dump':
      return dumpConnections(outlet, datagram, {
        afterRead: () => listener?.readWaiting(),
        beforePost: () => listener?.postWaiting(),
      });
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
}

outlet.serve(openSource, answerTask, (source) =>
  source.listener?.run(() => outlet.answerWaiting(source, answerTask)),
);
