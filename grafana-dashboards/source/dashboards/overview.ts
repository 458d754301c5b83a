import type { Page } from '../dashboard.ts';
import { badFrom, upAndDown } from '../looks.ts';
import { graphPanel, listPanel, numberPanel, statesPanel } from '../panels.ts';
import * as alerts from '../signals/alerts.ts';
import * as flows from '../signals/flows.ts';
import * as processes from '../signals/processes.ts';
import * as records from '../signals/records.ts';
import {
  deniedTotal,
  flowsBegun,
  pairsRow,
  throughputNow,
  unansweredTotal,
  volumePanel,
} from '../traffic-rows.ts';
import { namespacePairs, workloads } from '../view.ts';

export const overview: Page = {
  name: 'overview',
  title: 'Overview',
  description:
    'Who talks to whom, how much, who is denied, what changed, and whether the numbers are complete. Needs the grouping "workload", which is on by default.',
  rows: [
    {
      title: 'Now',
      panels: [
        throughputNow(workloads, 3, 'flows'),
        volumePanel(workloads, 3),
        flowsBegun(workloads, 3),
        deniedTotal(workloads, 3),
        unansweredTotal(workloads, 3),
        numberPanel(alerts.firing, 3, { thresholds: badFrom(1) }),
        numberPanel(records.recordsLost, 3, { thresholds: badFrom(1) }),
        numberPanel(records.delayNow, 3, { thresholds: badFrom(60) }),
      ],
    },
    {
      title: 'Who talks to whom',
      panels: [
        ...pairsRow(workloads, {
          title: 'Traffic between workloads',
          measures: ['bytes', 'packets', 'flows', 'denied_flows', 'unanswered_flows'],
          listWidth: 14,
        }),
      ],
    },
    {
      title: 'How much',
      panels: [
        graphPanel(flows.throughputSignal(workloads), 12, { isStacked: true, height: 10 }),
        graphPanel(flows.throughputSignal(namespacePairs), 12, { isStacked: true, height: 10 }),
      ],
    },
    {
      title: 'Who is denied, who gets no answer',
      panels: [
        graphPanel(flows.deniedSignal(workloads), 12),
        graphPanel(flows.unansweredSignal(workloads), 12),
      ],
    },
    {
      title: 'What changed',
      panels: [
        listPanel(flows.moversListing(workloads, 'bytes', 'grew'), 12, 9),
        listPanel(flows.moversListing(workloads, 'bytes', 'fell'), 12, 9),
        listPanel(flows.moversListing(workloads, 'denied_flows', 'grew'), 12, 9),
        listPanel(flows.moversListing(workloads, 'unanswered_flows', 'grew'), 12, 9),
      ],
    },
    {
      title: 'Can the numbers be trusted',
      panels: [
        numberPanel(processes.down, 4, { thresholds: badFrom(1), height: 8 }),
        numberPanel(records.openAccounts, 4, { thresholds: badFrom(1), height: 8 }),
        statesPanel(processes.up, 16, upAndDown),
        listPanel(alerts.firingList, 24, 8),
      ],
    },
  ],
};
