import { readHostInterfaces } from './host-interfaces.ts';
import { readHostSockets } from './host-sockets.ts';
import { readIpPackets } from './ip-packets.ts';
import { enterNetworkNamespace, outletOfThisWorker } from './netlink/index.ts';

export interface HostWorkerOptions {
  readonly netns: string;
}

export type HostWorkerTask = 'interfaces' | 'sockets' | 'ip-packets';

/** Reads the interfaces, sockets and counters of a network namespace other than the process's own. */
const { outlet, settings } = outletOfThisWorker<HostWorkerOptions>();

outlet.serve(
  () => enterNetworkNamespace(settings.netns),
  (_, task) => {
    switch (task as HostWorkerTask) {
      case 'interfaces':
        return readHostInterfaces(false);
      case 'sockets':
        return readHostSockets();
      case 'ip-packets':
        return readIpPackets();
    }
  },
);
