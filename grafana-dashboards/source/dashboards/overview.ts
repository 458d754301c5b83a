import type { Page } from '../dashboard.ts';
import { bad, upAndDown } from '../looks.ts';
import { graph, list, number, states } from '../panels.ts';
import * as alerts from '../signals/alerts.ts';
import * as flows from '../signals/flows.ts';
import * as processes from '../signals/processes.ts';
import * as records from '../signals/records.ts';
import { deniedTotal, flowsBegun, pairs, throughputNow, unansweredTotal, volume } from '../traffic-rows.ts';
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
        volume(workloads, 3),
        flowsBegun(workloads, 3),
        deniedTotal(workloads, 3),
        unansweredTotal(workloads, 3),
        number(alerts.firing, 3, { thresholds: bad(1) }),
        number(records.recordsLost, 3, { thresholds: bad(1) }),
        number(records.delayNow, 3, { thresholds: bad(60) }),
      ],
    },
    {
      title: 'Who talks to whom',
      panels: [
        ...pairs(workloads, {
          title: 'Traffic between workloads',
          measures: ['bytes', 'packets', 'flows', 'denied_flows', 'unanswered_flows'],
          listWidth: 14,
        }),
      ],
    },
    {
      title: 'How much',
      panels: [
        graph(flows.throughput(workloads), 12, { isStacked: true, height: 10 }),
        graph(flows.throughput(namespacePairs), 12, { isStacked: true, height: 10 }),
      ],
    },
    {
      title: 'Who is denied, who gets no answer',
      panels: [graph(flows.denied(workloads), 12), graph(flows.unanswered(workloads), 12)],
    },
    {
      title: 'What changed',
      panels: [
        list(flows.movers(workloads, 'bytes', 'grew'), 12, 9),
        list(flows.movers(workloads, 'bytes', 'fell'), 12, 9),
        list(flows.movers(workloads, 'denied_flows', 'grew'), 12, 9),
        list(flows.movers(workloads, 'unanswered_flows', 'grew'), 12, 9),
      ],
    },
    {
      title: 'Can the numbers be trusted',
      panels: [
        number(processes.down, 4, { thresholds: bad(1), height: 8 }),
        number(records.openAccounts, 4, { thresholds: bad(1), height: 8 }),
        states(processes.up, 16, upAndDown),
        list(alerts.firingList, 24, 8),
      ],
    },
  ],
};
