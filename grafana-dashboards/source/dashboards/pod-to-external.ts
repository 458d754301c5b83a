import type { Page } from '../dashboard.ts';
import { logRows } from '../log-panels.ts';
import { outsideFlows } from '../log-views.ts';
import { graphPanel, listPanel, numberPanel, picturePanel } from '../panels.ts';
import { units } from '../signal.ts';
import * as flows from '../signals/flows.ts';
import { flowLines, lineRate, mostSums } from '../signals/lines.ts';
import { optionalGrouping } from '../traffic-rows.ts';
import { externalRanges, inbound, outbound, podRanges } from '../view.ts';

export const podToExternal: Page = {
  name: 'pod-to-external',
  title: 'Pod-to-External',
  description:
    'Traffic with external address ranges: those in metrics.ranges, and ranges such as internet and private. Needs the grouping "workload", which is on by default. The last rows need the groupings "external" and "pod".',
  rows: [
    {
      title: 'Now',
      panels: [
        numberPanel(
          flows.totalSignal(
            outbound,
            'bytes',
            'Throughput to outside',
            units.bitsPerSecond,
            'Bits per second to external address ranges.',
          ),
          4,
        ),
        numberPanel(
          flows.totalSignal(
            inbound,
            'bytes',
            'Throughput from outside',
            units.bitsPerSecond,
            'Bits per second from external address ranges.',
          ),
          4,
        ),
        numberPanel(
          flows.amountSignal(
            outbound,
            'bytes',
            'Volume to outside',
            units.bytes,
            'Octets from inside to address ranges.',
          ),
          4,
        ),
        numberPanel(
          flows.amountSignal(
            inbound,
            'bytes',
            'Volume from outside',
            units.bytes,
            'Octets from external address ranges.',
          ),
          4,
        ),
        numberPanel(
          flows.amountSignal(
            inbound,
            'flows',
            'Opened from outside',
            units.count,
            'Connections opened from outside.',
          ),
          4,
        ),
        numberPanel(
          flows.amountSignal(
            outbound,
            'unanswered_flows',
            'Unanswered outside',
            units.count,
            'Connections to the outside that ended without a reply packet.',
          ),
          4,
        ),
      ],
    },
    {
      title: 'Who talks to whom',
      panels: [
        picturePanel(flows.mapGraph(outbound, 'Traffic to outside'), 12),
        picturePanel(flows.mapGraph(inbound, 'Traffic from outside'), 12),
        listPanel(
          flows.biggestListing(
            outbound,
            ['bytes', 'packets', 'flows', 'denied_flows', 'unanswered_flows'],
            'Biggest pairs to outside',
          ),
          12,
          10,
        ),
        listPanel(
          flows.biggestListing(
            inbound,
            ['bytes', 'packets', 'flows', 'denied_flows', 'unanswered_flows'],
            'Biggest pairs from outside',
          ),
          12,
          10,
        ),
      ],
    },
    {
      title: 'How much',
      panels: [
        graphPanel(flows.throughputSignal(outbound, 'Throughput to outside by pair'), 12, {
          isStacked: true,
          height: 10,
        }),
        graphPanel(flows.throughputSignal(inbound, 'Throughput from outside by pair'), 12, {
          isStacked: true,
          height: 10,
        }),
      ],
    },
    {
      title: 'What changed',
      panels: [
        listPanel(flows.moversListing(outbound, 'bytes', 'grew'), 12, 9),
        listPanel(flows.moversListing(outbound, 'bytes', 'fell'), 12, 9),
      ],
    },
    optionalGrouping(externalRanges, {
      title: 'By workload and range',
      measures: ['bytes', 'packets', 'flows'],
      listTitle: 'Biggest ranges',
    }),
    optionalGrouping(podRanges, {
      title: 'By Pod',
      measures: ['bytes', 'packets', 'flows'],
      listTitle: 'Biggest Pods',
    }),
    ...logRows('Single flows', (on) => [
      on.list(
        mostSums(outsideFlows, 'Addresses met most', {
          sourcePodName: 'From Pod',
          destinationPodName: 'To Pod',
          sourceIP: 'From address',
          destinationIP: 'To address',
          destinationTransportPort: 'To port',
        }),
        12,
      ),
      on.graph(lineRate(outsideFlows, 'flowType', 'direction'), 12, 10),
      on.lines(flowLines(outsideFlows), 24),
    ]),
  ],
};
