import type { Page } from '../dashboard.ts';
import { logRows } from '../log-panels.ts';
import { insideFlows } from '../log-views.ts';
import { graph, list, number, picture } from '../panels.ts';
import { units } from '../signal.ts';
import * as flows from '../signals/flows.ts';
import { lineRate, lines, talkers } from '../signals/lines.ts';
import { deniedTotal, flowsBegun, pairs, throughputNow, unansweredTotal, volume } from '../traffic-rows.ts';
import { insidePairs, insidePodPairs, receivers, senders } from '../view.ts';

export const podToPod: Page = {
  name: 'pod-to-pod',
  title: 'Pod-to-Pod',
  description:
    'Internal traffic: Pods by their workloads, and nodes or plain hosts. Needs the grouping "workload", which is on by default. Single Pods, in the last row, need the grouping "pod".',
  rows: [
    {
      title: 'Now',
      panels: [
        throughputNow(insidePairs, 4, 'pairs'),
        volume(insidePairs, 4),
        flowsBegun(insidePairs, 4),
        deniedTotal(insidePairs, 4),
        unansweredTotal(insidePairs, 4),
        number(
          flows.amount(
            insidePairs,
            'reset_flows',
            'Flows reset',
            units.count,
            'TCP flows that ended by a reset.',
          ),
          4,
        ),
      ],
    },
    {
      title: 'Who talks to whom',
      panels: [
        ...pairs(insidePairs, {
          title: 'Traffic between workloads',
          measures: ['bytes', 'packets', 'flows', 'denied_flows', 'unanswered_flows', 'reset_flows'],
          listWidth: 15,
        }),
      ],
    },
    {
      title: 'How much',
      panels: [
        graph(flows.throughput(insidePairs), 12, { isStacked: true, height: 10 }),
        graph(flows.packets(insidePairs), 12, { isStacked: true, height: 10 }),
        graph(flows.throughput(senders), 12, { isStacked: true }),
        graph(flows.throughput(receivers), 12, { isStacked: true }),
      ],
    },
    {
      title: 'Does it work',
      panels: [
        graph(flows.flows(insidePairs), 12),
        graph(flows.unanswered(insidePairs), 12),
        graph(flows.resets(insidePairs), 12),
        graph(flows.loss(insidePairs), 12),
        list(flows.lossy(insidePairs), 24, 8),
      ],
    },
    {
      title: 'By Pod (needs the grouping "pod")',
      isFolded: true,
      panels: [
        picture(flows.map(insidePodPairs, 'Traffic between Pods'), 12),
        list(flows.biggest(insidePodPairs, ['bytes', 'packets', 'flows'], 'Biggest pairs of Pods'), 12),
        graph(flows.throughput(insidePodPairs), 12, { isStacked: true }),
        graph(flows.flows(insidePodPairs), 12),
      ],
    },
    ...logRows('Single flows', (on) => [
      on.list(talkers(insideFlows), 12),
      on.graph(lineRate(insideFlows, 'verdict', 'verdict'), 12, 10),
      on.lines(lines(insideFlows), 24),
    ]),
  ],
};
