import type { Page } from '../dashboard.ts';
import { graph, list, number } from '../panels.ts';
import { units } from '../signal.ts';
import * as flows from '../signals/flows.ts';
import { actions, allowing, denying, policies, workloads } from '../view.ts';

export const networkPolicy: Page = {
  name: 'network-policy',
  title: 'Network Policy',
  description:
    'What each policy and rule lets through and what it stops. Needs the grouping "policy"; who is denied needs only the grouping "workload", which is on by default.',
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          flows.amount(
            workloads,
            'denied_flows',
            'Denied flows',
            units.count,
            'Dropped or rejected, by workloads.',
          ),
          6,
        ),
        number(
          flows.amount(
            allowing,
            'flows',
            'Flows allowed by rules',
            units.count,
            'Flows that a rule names as its own and let through.',
          ),
          6,
        ),
        number(
          flows.amount(
            denying,
            'flows',
            'Flows denied by rules',
            units.count,
            'Flows that a rule dropped or rejected.',
          ),
          6,
        ),
        number(
          flows.total(
            allowing,
            'bytes',
            'Allowed by rules',
            units.bitsPerSecond,
            'Bits per second of flows that a rule let through.',
          ),
          6,
        ),
      ],
    },
    {
      title: 'Which rule decides',
      panels: [
        list(flows.biggest(denying, ['flows', 'packets', 'bytes'], 'Rules that deny most'), 12, 10),
        list(flows.biggest(allowing, ['flows', 'packets', 'bytes'], 'Rules that allow most'), 12, 10),
        graph(flows.flows(denying), 12),
        graph(flows.throughput(allowing, 'Throughput by allowing rule'), 12, { isStacked: true }),
        graph(
          flows.each(
            actions,
            'flows',
            'Flows by action',
            units.flowsPerSecond,
            'Flows per second of which a rule decided, by action and direction.',
          ),
          12,
        ),
        list(flows.movers(policies, 'flows', 'grew'), 12, 8),
      ],
    },
    {
      title: 'Who is denied',
      panels: [
        graph(flows.denied(workloads), 12, { height: 10 }),
        list(
          flows.biggest(workloads, ['denied_flows', 'denied_packets', 'flows'], 'Most denied pairs'),
          12,
          10,
        ),
      ],
    },
  ],
};
