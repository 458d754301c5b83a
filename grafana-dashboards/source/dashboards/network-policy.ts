import type { Page } from '../dashboard.ts';
import { logRows } from '../log-panels.ts';
import { decidedFlows } from '../log-views.ts';
import { graphPanel, listPanel, numberPanel } from '../panels.ts';
import { units } from '../signal.ts';
import * as flows from '../signals/flows.ts';
import { flowLines, lineRate, mostSums } from '../signals/lines.ts';
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
        numberPanel(
          flows.amountSignal(
            denying,
            'flows',
            'Denied by rules',
            units.count,
            'Flows that a rule with a name dropped or rejected.',
          ),
          6,
        ),
        numberPanel(
          flows.amountSignal(
            lettingIn,
            'flows',
            'Allowed by ingress rules',
            units.count,
            'Flows that a named ingress rule allowed.',
          ),
          6,
        ),
        numberPanel(
          flows.amountSignal(
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
        listPanel(
          flows.biggestListing(denying, ['flows', 'packets', 'bytes'], 'Rules that deny most'),
          8,
          10,
        ),
        listPanel(
          flows.biggestListing(lettingIn, ['flows', 'packets', 'bytes'], 'Ingress rules that allow most'),
          8,
          10,
        ),
        listPanel(
          flows.biggestListing(lettingOut, ['flows', 'packets', 'bytes'], 'Egress rules that allow most'),
          8,
          10,
        ),
        graphPanel(flows.flowsSignal(denying), 8),
        graphPanel(flows.throughputSignal(lettingIn), 8, { isStacked: true }),
        graphPanel(flows.throughputSignal(lettingOut), 8, { isStacked: true }),
        graphPanel(
          flows.eachSignal(
            actions,
            'flows',
            'Flows by action',
            units.flowsPerSecond,
            'Flows per second on which a rule decided, by action and direction.',
          ),
          12,
        ),
        listPanel(flows.moversListing(policies, 'flows', 'grew'), 12, 8),
      ],
    },
    {
      title: 'Who is denied',
      panels: [
        graphPanel(flows.deniedSignal(workloads), 12, { height: 10 }),
        listPanel(
          flows.biggestListing(workloads, ['denied_flows', 'denied_packets', 'flows'], 'Most denied pairs'),
          12,
          10,
        ),
      ],
    },
    ...logRows('Single flows of the policy', (on) => [
      on.graph(lineRate(decidedFlows, 'verdict', 'verdict'), 12, 10),
      on.list(
        mostSums(decidedFlows, 'Rules that decide most', {
          ingressNetworkPolicyName: 'Ingress policy',
          ingressNetworkPolicyRuleName: 'Ingress rule',
          egressNetworkPolicyName: 'Egress policy',
          egressNetworkPolicyRuleName: 'Egress rule',
          destinationTransportPort: 'To port',
        }),
        12,
      ),
      on.lines(flowLines(decidedFlows), 24),
    ]),
  ],
};
