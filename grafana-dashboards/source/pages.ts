import type { Page } from './dashboard.ts';
import { denied } from './dashboards/denied.ts';
import { flowRecords } from './dashboards/flow-records.ts';
import { health } from './dashboards/health.ts';
import { networkPolicy } from './dashboards/network-policy.ts';
import { nodeThroughput } from './dashboards/node-throughput.ts';
import { overview } from './dashboards/overview.ts';
import { podToExternal } from './dashboards/pod-to-external.ts';
import { podToPod } from './dashboards/pod-to-pod.ts';
import { podToService } from './dashboards/pod-to-service.ts';
import { saturationAndQuiet } from './dashboards/saturation-and-quiet.ts';

/** All dashboards, in the order in which an incident leads through them. */
export const pages: readonly Page[] = [
  overview,
  podToPod,
  podToService,
  podToExternal,
  nodeThroughput,
  networkPolicy,
  denied,
  saturationAndQuiet,
  flowRecords,
  health,
];
