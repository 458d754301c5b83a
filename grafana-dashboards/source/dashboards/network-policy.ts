import type { Page } from '../dashboard.ts';
import { logRows } from '../log-panels.ts';
import { decidedFlows } from '../log-views.ts';
import { graph, list, number } from '../panels.ts';
import { units } from '../signal.ts';
import * as flows from '../signals/flows.ts';
import { lineRate, lines, most } from '../signals/lines.ts';
import { deniedTotal } from '../traffic-rows.ts';
import { actions, denying, lettingIn, lettingOut, policies, workloads } from '../view.ts';

export const networkPolicy: Page = {
  name: 'network-policy',
  title: 'Network Policy',
  description:
    'Flows that each policy and rule allows or denies. Needs the grouping "policy". Denied workloads need only the grouping "workload", which is on by default.',
  rows: [
    {
      title: 'Now',
      panels: [
        deniedTotal(workloads, 6, 'Dropped or rejected, by workloads.'),
        number(
          flows.amount(
            denying,
            'flows',
            'Denied by rules',
            units.count,
            'Flows that a rule with a name dropped or rejected.',
          ),
          6,
        ),
        number(
          flows.amount(
            lettingIn,
            'flows',
            'Allowed by ingress rules',
            units.count,
            'Flows that a named ingress rule allowed.',
          ),
          6,
        ),
        number(
          flows.amount(
            lettingOut,
            'flows',
            'Allowed by egress rules',
            units.count,
            'Flows that a named egress rule allowed.',
          ),
          6,
        ),
      ],
    },
    {
      title: 'Which rule decides',
      panels: [
        list(flows.biggest(denying, ['flows', 'packets', 'bytes'], 'Rules that deny most'), 8, 10),
        list(flows.biggest(lettingIn, ['flows', 'packets', 'bytes'], 'Ingress rules that allow most'), 8, 10),
        list(flows.biggest(lettingOut, ['flows', 'packets', 'bytes'], 'Egress rules that allow most'), 8, 10),
        graph(flows.flows(denying), 8),
        graph(flows.throughput(lettingIn), 8, { isStacked: true }),
        graph(flows.throughput(lettingOut), 8, { isStacked: true }),
        graph(
          flows.each(
            actions,
            'flows',
            'Flows by action',
            units.flowsPerSecond,
            'Flows per second on which a rule decided, by action and direction.',
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
    ...logRows('Single flows of the policy', (on) => [
      on.graph(lineRate(decidedFlows, 'verdict', 'verdict'), 12, 10),
      on.list(
        most(decidedFlows, 'Rules that decide most', {
          ingressNetworkPolicyName: 'Ingress policy',
          ingressNetworkPolicyRuleName: 'Ingress rule',
          egressNetworkPolicyName: 'Egress policy',
          egressNetworkPolicyRuleName: 'Egress rule',
          destinationTransportPort: 'To port',
        }),
        12,
      ),
      on.lines(lines(decidedFlows), 24),
    ]),
  ],
};
