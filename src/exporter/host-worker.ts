import { readHostInterfaces } from './host-interfaces.ts';
import { enterNetworkNamespace, outletOfThisWorker } from './netlink/index.ts';

export interface HostWorkerSettings {
  readonly netns: string;
}

/** Reads the interfaces of another network namespace than the process's own. */
const { outlet, settings } = outletOfThisWorker<HostWorkerSettings>();

outlet.serve(
  () => enterNetworkNamespace(settings.netns),
  () => readHostInterfaces(false),
);
