import type { Page } from '../dashboard.ts';
import { badFrom } from '../looks.ts';
import { graphPanel, heatPanel, listPanel, numberPanel } from '../panels.ts';
import { units } from '../signal.ts';
import * as flows from '../signals/flows.ts';
import * as links from '../signals/links.ts';
import { optionalGrouping, pairsRow } from '../traffic-rows.ts';
import { nodes, zones } from '../view.ts';

export const nodeThroughput: Page = {
  name: 'node-throughput',
  title: 'Node Throughput',
  description:
    'Traffic of nodes and their links. Links need no grouping. Traffic between nodes needs the grouping "node", zones the grouping "zone". Throughput is in bits per second, like the speed of links.',
  rows: [
    {
      title: 'Now',
      panels: [
        numberPanel(links.linkTotal('transmit', 'Transmitted'), 6),
        numberPanel(links.linkTotal('receive', 'Received'), 6),
        numberPanel(links.busiestLink, 6, { thresholds: badFrom(0.8) }),
        numberPanel(
          flows.totalSignal(
            nodes,
            'bytes',
            'Between nodes',
            units.bitsPerSecond,
            'Bits of IP packets per second, of all flows between known nodes, including those within one node.',
          ),
          6,
        ),
      ],
    },
    {
      title: 'Links',
      panels: [
        heatPanel(links.linkHeat, 24),
        graphPanel(links.linkUse, 12, { height: 10 }),
        graphPanel(links.linkThroughput, 12, { height: 10 }),
        listPanel(links.linkList, 12, 9),
        graphPanel(links.linkTrouble, 12, { height: 9 }),
        graphPanel(links.linkCounts, 24, { height: 6 }),
      ],
    },
    {
      title: 'Node to node (needs the grouping "node")',
      panels: [
        ...pairsRow(nodes, {
          title: 'Traffic between nodes',
          measures: ['bytes', 'packets', 'flows', 'denied_flows', 'unanswered_flows'],
          listWidth: 12,
        }),
        graphPanel(flows.throughputSignal(nodes), 12, { isStacked: true }),
        graphPanel(flows.lossSignal(nodes), 12),
      ],
    },
    optionalGrouping(zones, {
      title: 'Zone to zone',
      measures: ['bytes', 'packets'],
      listTitle: 'Biggest pairs of zones',
    }),
  ],
};
