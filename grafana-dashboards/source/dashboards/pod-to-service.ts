import type { Page } from '../dashboard.ts';
import { logRows } from '../log-panels.ts';
import { serviceFlows } from '../log-views.ts';
import { graph, list, number } from '../panels.ts';
import { units } from '../signal.ts';
import * as flows from '../signals/flows.ts';
import { lineRate, lines, most } from '../signals/lines.ts';
import { deniedTotal, flowsBegun, unansweredTotal } from '../traffic-rows.ts';
import { called, fromServices, insidePairs, ports, services, toServices } from '../view.ts';

export const podToService: Page = {
  name: 'pod-to-service',
  title: 'Pod-to-Service',
  description:
    'Who opens connections to which Service, and whether it answers. Workloads need the grouping "workload", which is on by default. Services by name need the grouping "service", ports the grouping "port".',
  rows: [
    {
      title: 'Now',
      panels: [
        flowsBegun(insidePairs, 6, 'Connections opened per second between workloads.'),
        number(flows.amount(insidePairs, 'flows', 'Flows', units.count, 'Connections opened.'), 6),
        unansweredTotal(insidePairs, 6),
        deniedTotal(insidePairs, 6),
      ],
    },
    {
      title: 'Who calls whom',
      panels: [
        list(
          flows.biggest(
            insidePairs,
            ['flows', 'unanswered_flows', 'denied_flows', 'reset_flows'],
            'Busiest callers',
          ),
          12,
        ),
        list(
          flows.biggest(
            called,
            ['flows', 'unanswered_flows', 'denied_flows', 'reset_flows'],
            'Most called workloads',
          ),
          12,
        ),
        graph(flows.flows(called), 12),
        graph(flows.unanswered(called), 12),
      ],
    },
    {
      title: 'Services (needs the grouping "service")',
      panels: [
        list(
          flows.biggest(services, ['flows', 'unanswered_flows', 'bytes', 'packets'], 'Busiest Services'),
          12,
          10,
        ),
        graph(flows.flows(services), 12, { height: 10 }),
        graph(flows.throughput(toServices, 'Throughput to Services'), 12, { isStacked: true }),
        graph(flows.throughput(fromServices, 'Throughput from Services'), 12, { isStacked: true }),
        graph(flows.unanswered(services), 24),
      ],
    },
    {
      title: 'Ports (needs the grouping "port")',
      isFolded: true,
      panels: [
        list(flows.biggest(ports, ['bytes', 'packets', 'flows', 'denied_flows'], 'Biggest ports'), 12, 10),
        graph(flows.throughput(ports), 12, { isStacked: true, height: 10 }),
      ],
    },
    ...logRows('Single flows', (on) => [
      on.list(
        most(serviceFlows, 'Who opens most', {
          sourcePodNamespace: 'From namespace',
          sourcePodName: 'From Pod',
          destinationServicePortName: 'To Service',
          destinationPodName: 'To Pod',
        }),
        12,
      ),
      on.graph(lineRate(serviceFlows, 'tcpState', 'TCP state'), 12, 10),
      on.lines(lines(serviceFlows), 24),
    ]),
  ],
};
