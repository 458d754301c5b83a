import { readHostInterfaces } from './host-interfaces.ts';
import { readIpPackets } from './ip-packets.ts';
import { enterNetworkNamespace, outletOfThisWorker } from './netlink/index.ts';

export interface HostWorkerSettings {
  readonly netns: string;
}

export type HostWorkerTask = 'interfaces' | 'ip-packets';

/** Reads the interfaces and counters of another network namespace than the process's own. */
const { outlet, settings } = outletOfThisWorker<HostWorkerSettings>();

outlet.serve(
  () => enterNetworkNamespace(settings.netns),
  (_, task) => ((task as HostWorkerTask) === 'interfaces' ? readHostInterfaces(false) : readIpPackets()),
);
