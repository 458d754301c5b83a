import type { Page } from '../dashboard.ts';
import { bad } from '../looks.ts';
import { graph, heat, list, number } from '../panels.ts';
import { units } from '../signal.ts';
import * as flows from '../signals/flows.ts';
import * as links from '../signals/links.ts';
import { optionalGrouping, pairs } from '../traffic-rows.ts';
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
        number(links.linkTotal('transmit', 'Transmitted'), 6),
        number(links.linkTotal('receive', 'Received'), 6),
        number(links.busiestLink, 6, { thresholds: bad(0.8) }),
        number(
          flows.total(
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
        heat(links.linkHeat, 24),
        graph(links.linkUse, 12, { height: 10 }),
        graph(links.linkThroughput, 12, { height: 10 }),
        list(links.linkList, 12, 9),
        graph(links.linkTrouble, 12, { height: 9 }),
        graph(links.linkCounts, 24, { height: 6 }),
      ],
    },
    {
      title: 'Node to node (needs the grouping "node")',
      panels: [
        ...pairs(nodes, {
          title: 'Traffic between nodes',
          measures: ['bytes', 'packets', 'flows', 'denied_flows', 'unanswered_flows'],
          listWidth: 12,
        }),
        graph(flows.throughput(nodes), 12, { isStacked: true }),
        graph(flows.loss(nodes), 12),
      ],
    },
    optionalGrouping(zones, {
      title: 'Zone to zone',
      measures: ['bytes', 'packets'],
      listTitle: 'Biggest pairs of zones',
    }),
  ],
};
