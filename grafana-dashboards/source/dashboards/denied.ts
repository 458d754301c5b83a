import type { Page } from '../dashboard.ts';
import { logRows } from '../log-panels.ts';
import { deniedFlows } from '../log-views.ts';
import { graphPanel, listPanel, numberPanel } from '../panels.ts';
import { units } from '../signal.ts';
import * as flows from '../signals/flows.ts';
import { flowLines, lineRate, mostSums } from '../signals/lines.ts';
import { deniedTotal, unansweredTotal } from '../traffic-rows.ts';
import { deniedCallers, denying, inbound, ports, workloads } from '../view.ts';

export const denied: Page = {
  name: 'denied',
  title: 'Denied',
  description:
    'Denied connections and connections without an answer. Needs the grouping "workload", which is on by default, and an exporter that sees denied connections. Rules need the grouping "policy", ports the grouping "port".',
  rows: [
    {
      title: 'Now',
      panels: [
        numberPanel(
          flows.totalSignal(
            workloads,
            'denied_flows',
            'Denied now',
            units.flowsPerSecond,
            'Dropped or rejected flows per second.',
          ),
          6,
        ),
        deniedTotal(workloads, 6),
        numberPanel(
          flows.amountSignal(
            inbound,
            'denied_flows',
            'Denied from outside',
            units.count,
            'Denied flows that an external address range opened.',
          ),
          6,
        ),
        unansweredTotal(workloads, 6),
      ],
    },
    {
      title: 'Who is denied',
      panels: [
        listPanel(
          flows.biggestListing(workloads, ['denied_flows', 'denied_packets', 'flows'], 'Most denied pairs'),
          12,
        ),
        graphPanel(flows.deniedSignal(workloads), 12, { height: 12 }),
        listPanel(
          flows.biggestListing(deniedCallers, ['denied_flows', 'denied_packets'], 'Sources denied most'),
          12,
          9,
        ),
        graphPanel(flows.deniedPackets(workloads), 12, { height: 9 }),
        listPanel(flows.moversListing(workloads, 'denied_flows', 'grew'), 12, 9),
        listPanel(flows.moversListing(workloads, 'denied_flows', 'fell'), 12, 9),
      ],
    },
    {
      title: 'Who gets no answer',
      panels: [
        listPanel(
          flows.biggestListing(workloads, ['unanswered_flows', 'flows'], 'Most unanswered pairs'),
          12,
          9,
        ),
        graphPanel(flows.unansweredSignal(workloads), 12, { height: 9 }),
      ],
    },
    {
      title: 'By which rule (needs the grouping "policy")',
      isFolded: true,
      panels: [
        listPanel(flows.biggestListing(denying, ['flows', 'packets'], 'Rules that deny most'), 12, 9),
        graphPanel(flows.flowsSignal(denying), 12, { height: 9 }),
      ],
    },
    {
      title: 'To which port (needs the grouping "port")',
      isFolded: true,
      panels: [
        listPanel(flows.biggestListing(ports, ['denied_flows', 'flows'], 'Most denied ports'), 12, 9),
        graphPanel(flows.deniedSignal(ports), 12, { height: 9 }),
      ],
    },
    ...logRows('Single denied flows', (on) => [
      on.graph(lineRate(deniedFlows, 'verdict', 'verdict'), 12, 10),
      on.list(
        mostSums(deniedFlows, 'Ports denied most', {
          sourceIP: 'From address',
          destinationIP: 'To address',
          destinationTransportPort: 'To port',
          ingressNetworkPolicyName: 'Ingress policy',
          egressNetworkPolicyName: 'Egress policy',
        }),
        12,
      ),
      on.lines(flowLines(deniedFlows), 24),
    ]),
  ],
};
