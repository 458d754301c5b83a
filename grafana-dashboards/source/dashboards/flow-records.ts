import type { Page } from '../dashboard.ts';
import { logRows } from '../log-panels.ts';
import { chosenFlows } from '../log-views.ts';
import { badFrom } from '../looks.ts';
import { graphPanel, notePanel, numberPanel } from '../panels.ts';
import * as flows from '../signals/flows.ts';
import { flowLines, lineRate, mostSums, talkerSums } from '../signals/lines.ts';
import * as records from '../signals/records.ts';
import { flowsBegun } from '../traffic-rows.ts';
import { workloads } from '../view.ts';

const singleRecords = `Prometheus has counts, not records. Single flows, with addresses, ports, policy and rule, are lines in
Loki or VictoriaLogs, if the aggregator has \`- loki: { url: … }\` or \`- victoriaLogs: { url: … }\` among its sinks: open the row of yours below.
They also come from the aggregator itself:

    weir flows --namespace shop --action drop

\`weir flows --help\` lists the filters. They are the same in configuration files and in \`/flows\` over HTTP.`;

export const flowRecords: Page = {
  name: 'flow-records',
  title: 'Flow Records',
  description:
    'The number of flows and flow records, their destinations, and single flows. Single flows need Loki or VictoriaLogs. The rest needs the grouping "workload", which is on by default.',
  rows: [
    {
      title: 'Now',
      panels: [
        flowsBegun(workloads, 6),
        numberPanel(records.flowsHeld, 6),
        numberPanel(records.sessions, 6),
        numberPanel(records.recordsLost, 6, { thresholds: badFrom(1) }),
      ],
    },
    {
      title: 'Records',
      panels: [
        graphPanel(records.ledger, 12, { height: 10 }),
        graphPanel(flows.flowsSignal(workloads), 12, { height: 10 }),
        graphPanel(records.dropped, 12),
        notePanel('Single records', singleRecords, 12, 8),
      ],
    },
    ...logRows('Single flows', (on) => [
      on.graph(lineRate(chosenFlows, 'verdict', 'verdict'), 12),
      on.graph(lineRate(chosenFlows, 'flowType', 'kind of flow'), 12),
      on.lines(flowLines(chosenFlows), 24, 16),
      on.list(talkerSums(chosenFlows), 12),
      on.list(
        mostSums(chosenFlows, 'Addresses and ports reached most', {
          destinationIP: 'To address',
          destinationTransportPort: 'To port',
          protocol: 'Protocol',
        }),
        12,
      ),
    ]),
  ],
};
