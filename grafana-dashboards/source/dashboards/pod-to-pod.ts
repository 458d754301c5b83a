import type { Page } from '../dashboard.ts';
import { logRows } from '../log-panels.ts';
import { insideFlows } from '../log-views.ts';
import { graphPanel, listPanel, numberPanel, picturePanel } from '../panels.ts';
import { units } from '../signal.ts';
import * as flows from '../signals/flows.ts';
import { flowLines, lineRate, talkerSums } from '../signals/lines.ts';
import {
  deniedTotal,
  flowsBegun,
  pairsRow,
  throughputNow,
  unansweredTotal,
  volumePanel,
} from '../traffic-rows.ts';
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
        volumePanel(insidePairs, 4),
        flowsBegun(insidePairs, 4),
        deniedTotal(insidePairs, 4),
        unansweredTotal(insidePairs, 4),
        numberPanel(
          flows.amountSignal(
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
        ...pairsRow(insidePairs, {
          title: 'Traffic between workloads',
          measures: ['bytes', 'packets', 'flows', 'denied_flows', 'unanswered_flows', 'reset_flows'],
          listWidth: 15,
        }),
      ],
    },
    {
      title: 'How much',
      panels: [
        graphPanel(flows.throughputSignal(insidePairs), 12, { isStacked: true, height: 10 }),
        graphPanel(flows.packetsSignal(insidePairs), 12, { isStacked: true, height: 10 }),
        graphPanel(flows.throughputSignal(senders), 12, { isStacked: true }),
        graphPanel(flows.throughputSignal(receivers), 12, { isStacked: true }),
      ],
    },
    {
      title: 'Does it work',
      panels: [
        graphPanel(flows.flowsSignal(insidePairs), 12),
        graphPanel(flows.unansweredSignal(insidePairs), 12),
        graphPanel(flows.resetsSignal(insidePairs), 12),
        graphPanel(flows.lossSignal(insidePairs), 12),
        listPanel(flows.lossListing(insidePairs), 24, 8),
      ],
    },
    {
      title: 'By Pod (needs the grouping "pod")',
      isFolded: true,
      panels: [
        picturePanel(flows.mapGraph(insidePodPairs, 'Traffic between Pods'), 12),
        listPanel(
          flows.biggestListing(insidePodPairs, ['bytes', 'packets', 'flows'], 'Biggest pairs of Pods'),
          12,
        ),
        graphPanel(flows.throughputSignal(insidePodPairs), 12, { isStacked: true }),
        graphPanel(flows.flowsSignal(insidePodPairs), 12),
      ],
    },
    ...logRows('Single flows', (on) => [
      on.list(talkerSums(insideFlows), 12),
      on.graph(lineRate(insideFlows, 'verdict', 'verdict'), 12, 10),
      on.lines(flowLines(insideFlows), 24),
    ]),
  ],
};
