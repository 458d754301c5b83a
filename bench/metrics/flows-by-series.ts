import { BatchLayout, Dictionary, FlowBatch, fieldNames } from '../../src/flow/index.ts';

const BATCH_ROWS = 1024;
const START = Date.UTC(2026, 0, 1);

/** How the ends of a flow are chosen: numbers of Pods and of their workloads. */
export interface Population {
  readonly flows: number;
  readonly source: (flow: number) => { readonly pod: number; readonly workload: number };
  readonly destination: (flow: number) => { readonly pod: number; readonly workload: number };
}

/** Reports of flows between Pods as the aggregator makes them, with all fields. */
export function reportsOf({ flows, source, destination }: Population): FlowBatch[] {
  const layout = new BatchLayout(fieldNames, BATCH_ROWS);
  const dictionary = new Dictionary();
  const batches: FlowBatch[] = [];
  for (let first = 0; first < flows; first += BATCH_ROWS) {
    const batch = new FlowBatch(layout, dictionary);
    batch.length = Math.min(BATCH_ROWS, flows - first);
    for (const name of fieldNames) {
      const column = batch.columns[name];
      if (column instanceof Float64Array) column.fill(Number.NaN);
    }
    for (let row = 0; row < batch.length; row++) {
      fillRow(batch, row, first + row);
      nameEnd(batch, row, 'source', source(first + row));
      nameEnd(batch, row, 'destination', destination(first + row));
    }
    batches.push(batch);
  }
  return batches;
}

function fillRow({ columns, dictionary }: FlowBatch, row: number, flow: number): void {
  columns.flowStartMilliseconds[row] = START;
  columns.flowEndMilliseconds[row] = START + 5_000;
  columns.flowEndReason[row] = 2;
  columns.sourceIP.set([0, 0, 0xffff, 0x0a0a_0000 + (flow % 60_000)], row * 4);
  columns.destinationIP.set([0, 0, 0xffff, 0x0a14_0000 + (flow % 50_000)], row * 4);
  columns.sourceTransportPort[row] = 1024 + (flow % 60_000);
  columns.destinationTransportPort[row] = 8080;
  columns.protocolIdentifier[row] = 6;
  columns.octetDeltaCount[row] = 1500;
  columns.packetDeltaCount[row] = 3;
  columns.reverseOctetDeltaCount[row] = 0;
  columns.reversePacketDeltaCount[row] = 0;
  columns.packetDeltaCountFromSourceNode[row] = 3;
  columns.packetDeltaCountFromDestinationNode[row] = 3;
  columns.flowType[row] = 2;
  columns.tcpState[row] = dictionary.internText('ESTABLISHED');
  columns.ingressNetworkPolicyName[row] = dictionary.internText(`policy-${flow % 100}`);
  columns.ingressNetworkPolicyRuleAction[row] = 1;
}

function nameEnd(
  { columns, dictionary }: FlowBatch,
  row: number,
  end: 'source' | 'destination',
  { pod, workload }: { pod: number; workload: number },
): void {
  const name = `workload-${workload}-6d4cf56db6-${podSuffix(pod)}`;
  columns[`${end}PodNamespace`][row] = dictionary.internText(`namespace-${workload % 40}`);
  columns[`${end}PodName`][row] = dictionary.internText(name);
  columns[`${end}NodeName`][row] = dictionary.internText(`node-${pod % 50}`);
}

const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** Five letters, as Kubernetes ends the name of a Pod. */
function podSuffix(pod: number): string {
  let suffix = '';
  for (let i = 0, rest = pod; i < 5; i++, rest = Math.floor(rest / letters.length)) {
    suffix += letters[rest % letters.length];
  }
  return suffix;
}
