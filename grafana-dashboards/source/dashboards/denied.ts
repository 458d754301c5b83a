import type { Page } from '../dashboard.ts';
import { logRows } from '../log-panels.ts';
import { deniedFlows } from '../log-views.ts';
import { graph, list, number } from '../panels.ts';
import { units } from '../signal.ts';
import * as flows from '../signals/flows.ts';
import { lineRate, lines, most } from '../signals/lines.ts';
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
        number(
          flows.total(
            workloads,
            'denied_flows',
            'Denied now',
            units.flowsPerSecond,
            'Dropped or rejected flows per second.',
          ),
          6,
        ),
        deniedTotal(workloads, 6),
        number(
          flows.amount(
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
        list(flows.biggest(workloads, ['denied_flows', 'denied_packets', 'flows'], 'Most denied pairs'), 12),
        graph(flows.denied(workloads), 12, { height: 12 }),
        list(flows.biggest(deniedCallers, ['denied_flows', 'denied_packets'], 'Sources denied most'), 12, 9),
        graph(flows.deniedPackets(workloads), 12, { height: 9 }),
        list(flows.movers(workloads, 'denied_flows', 'grew'), 12, 9),
        list(flows.movers(workloads, 'denied_flows', 'fell'), 12, 9),
      ],
    },
    {
      title: 'Who gets no answer',
      panels: [
        list(flows.biggest(workloads, ['unanswered_flows', 'flows'], 'Most unanswered pairs'), 12, 9),
        graph(flows.unanswered(workloads), 12, { height: 9 }),
      ],
    },
    {
      title: 'By which rule (needs the grouping "policy")',
      isFolded: true,
      panels: [
        list(flows.biggest(denying, ['flows', 'packets'], 'Rules that deny most'), 12, 9),
        graph(flows.flows(denying), 12, { height: 9 }),
      ],
    },
    {
      title: 'To which port (needs the grouping "port")',
      isFolded: true,
      panels: [
        list(flows.biggest(ports, ['denied_flows', 'flows'], 'Most denied ports'), 12, 9),
        graph(flows.denied(ports), 12, { height: 9 }),
      ],
    },
    ...logRows('Single denied flows', (on) => [
      on.graph(lineRate(deniedFlows, 'verdict', 'verdict'), 12, 10),
      on.list(
        most(deniedFlows, 'Ports denied most', {
          sourceIP: 'From address',
          destinationIP: 'To address',
          destinationTransportPort: 'To port',
          ingressNetworkPolicyName: 'Ingress policy',
          egressNetworkPolicyName: 'Egress policy',
        }),
        12,
      ),
      on.lines(lines(deniedFlows), 24),
    ]),
  ],
};
