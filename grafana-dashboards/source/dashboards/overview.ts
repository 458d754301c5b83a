import type { Page } from '../dashboard.ts';
import { bad, upAndDown } from '../looks.ts';
import { graph, list, number, picture, states } from '../panels.ts';
import { units } from '../signal.ts';
import * as alerts from '../signals/alerts.ts';
import * as flows from '../signals/flows.ts';
import * as processes from '../signals/processes.ts';
import * as records from '../signals/records.ts';
import { namespacePairs, workloads } from '../view.ts';

export const overview: Page = {
  name: 'overview',
  title: 'Overview',
  description:
    'Who talks to whom, how much, who is denied, what changed, and whether the numbers can be trusted. Needs the grouping "workload", which is on by default.',
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          flows.total(
            workloads,
            'bytes',
            'Throughput',
            units.bitsPerSecond,
            'Bits of IP packets per second, of all flows that are chosen above.',
          ),
          3,
        ),
        number(flows.amount(workloads, 'bytes', 'Volume', units.bytes, 'Octets of IP packets.'), 3),
        number(
          flows.total(
            workloads,
            'flows',
            'Flows begun',
            units.flowsPerSecond,
            'Connections opened per second.',
          ),
          3,
        ),
        number(
          flows.amount(
            workloads,
            'denied_flows',
            'Denied flows',
            units.count,
            'Dropped or rejected by a policy or firewall rule.',
          ),
          3,
        ),
        number(
          flows.amount(
            workloads,
            'unanswered_flows',
            'Unanswered flows',
            units.count,
            'Ended without a packet back, and nobody denied them.',
          ),
          3,
        ),
        number(alerts.firing, 3, { thresholds: bad(1) }),
        number(records.recordsLost, 3, { thresholds: bad(1) }),
        number(records.delayNow, 3, { thresholds: bad(60) }),
      ],
    },
    {
      title: 'Who talks to whom',
      panels: [
        picture(flows.map(workloads, 'Traffic between workloads'), 10),
        list(
          flows.biggest(
            workloads,
            ['bytes', 'packets', 'flows', 'denied_flows', 'unanswered_flows'],
            'Biggest pairs',
          ),
          14,
        ),
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
        number(records.booksOpen, 4, { thresholds: bad(1), height: 8 }),
        states(processes.up, 16, upAndDown),
        list(alerts.firingList, 24, 8),
      ],
    },
  ],
};
