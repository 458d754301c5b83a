import type { Page } from '../dashboard.ts';
import { logRows } from '../log-panels.ts';
import { serviceFlows } from '../log-views.ts';
import { graphPanel, listPanel, numberPanel } from '../panels.ts';
import { units } from '../signal.ts';
import * as flows from '../signals/flows.ts';
import { flowLines, lineRate, mostSums } from '../signals/lines.ts';
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
        numberPanel(flows.amountSignal(insidePairs, 'flows', 'Flows', units.count, 'Connections opened.'), 6),
        unansweredTotal(insidePairs, 6),
        deniedTotal(insidePairs, 6),
      ],
    },
    {
      title: 'Who calls whom',
      panels: [
        listPanel(
          flows.biggestListing(
            insidePairs,
            ['flows', 'unanswered_flows', 'denied_flows', 'reset_flows'],
            'Busiest callers',
          ),
          12,
        ),
        listPanel(
          flows.biggestListing(
            called,
            ['flows', 'unanswered_flows', 'denied_flows', 'reset_flows'],
            'Most called workloads',
          ),
          12,
        ),
        graphPanel(flows.flowsSignal(called), 12),
        graphPanel(flows.unansweredSignal(called), 12),
      ],
    },
    {
      title: 'Services (needs the grouping "service")',
      panels: [
        listPanel(
          flows.biggestListing(
            services,
            ['flows', 'unanswered_flows', 'bytes', 'packets'],
            'Busiest Services',
          ),
          12,
          10,
        ),
        graphPanel(flows.flowsSignal(services), 12, { height: 10 }),
        graphPanel(flows.throughputSignal(toServices, 'Throughput to Services'), 12, { isStacked: true }),
        graphPanel(flows.throughputSignal(fromServices, 'Throughput from Services'), 12, { isStacked: true }),
        graphPanel(flows.unansweredSignal(services), 24),
      ],
    },
    {
      title: 'Ports (needs the grouping "port")',
      isFolded: true,
      panels: [
        listPanel(
          flows.biggestListing(ports, ['bytes', 'packets', 'flows', 'denied_flows'], 'Biggest ports'),
          12,
          10,
        ),
        graphPanel(flows.throughputSignal(ports), 12, { isStacked: true, height: 10 }),
      ],
    },
    ...logRows('Single flows', (on) => [
      on.list(
        mostSums(serviceFlows, 'Who opens most', {
          sourcePodNamespace: 'From namespace',
          sourcePodName: 'From Pod',
          destinationServicePortName: 'To Service',
          destinationPodName: 'To Pod',
        }),
        12,
      ),
      on.graph(lineRate(serviceFlows, 'tcpState', 'TCP state'), 12, 10),
      on.lines(flowLines(serviceFlows), 24),
    ]),
  ],
};
