import { agentManifests } from './agent.ts';
import { aggregatorManifests } from './aggregator.ts';
import type { Manifest } from './manifest.ts';
import { namespaceManifests } from './namespaces.ts';
import { networkPolicy } from './network-policy.ts';
import { podMonitors } from './pod-monitors.ts';
import { readers } from './readers.ts';
import { serviceMonitors } from './service-monitors.ts';

/**
 * All objects of a deployment, besides alert rules and dashboards, which are rendered elsewhere. The only
 * such list.
 */
export const manifests: readonly Manifest[] = [
  ...namespaceManifests,
  ...agentManifests,
  ...aggregatorManifests,
  ...readers,
  networkPolicy,
  ...podMonitors,
  ...serviceMonitors,
];
