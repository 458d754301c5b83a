import { BiflowDirection, type Columns, type FieldName, type FlowBatch, FlowType } from '../flow/index.ts';

/**
 * Fields that change places when a record is told with its destination for the source. The source after NAT and the destination
 * before NAT do so, too: they are what the two tuples of a connection say beside its ends.
 */
const pairs = [
  ['sourceIP', 'destinationIP'],
  ['sourceTransportPort', 'destinationTransportPort'],
  ['proxySnatIP', 'destinationServiceIP'],
  ['proxySnatPort', 'destinationServicePort'],
  ['sourcePodNamespace', 'destinationPodNamespace'],
  ['sourcePodName', 'destinationPodName'],
  ['sourcePodLabels', 'destinationPodLabels'],
  ['sourceNodeName', 'destinationNodeName'],
  ['octetTotalCount', 'reverseOctetTotalCount'],
  ['packetTotalCount', 'reversePacketTotalCount'],
  ['octetDeltaCount', 'reverseOctetDeltaCount'],
  ['packetDeltaCount', 'reversePacketDeltaCount'],
] as const satisfies readonly (readonly [FieldName, FieldName])[];

/** Whether the records of a batch say who opened their connections, and can be turned: both fields of each pair are in it, or neither. */
export function canTurn(batch: FlowBatch): boolean {
  return (
    !batch.isForeign &&
    batch.has('biflowDirection') &&
    pairs.every(([one, other]) => batch.has(one) === batch.has(other))
  );
}

/**
 * Tells row `i` of a batch that can be turned with its destination for the source; done twice, the row is what it was.
 * A source that is known to have opened the connection becomes the destination that did (RFC 5103: reverseInitiator).
 */
export function turnRecord(batch: FlowBatch, i: number): void {
  const { columns } = batch;
  for (const [one, other] of pairs) {
    if (!batch.has(one)) continue; // its column is one for all batches
    const words = one.endsWith('IP') ? 4 : 1;
    for (let at = words * i; at < words * (i + 1); at++) swap(columns[one], columns[other], at);
  }
  const { initiator, reverseInitiator } = BiflowDirection;
  exchange(columns.biflowDirection, i, initiator, reverseInitiator);
  exchange(columns.flowType, i, FlowType.toExternal, FlowType.fromExternal);
}

type Column = Columns[FieldName];

function swap(one: Column, other: Column, at: number): void {
  const value = one[at]!;
  one[at] = other[at]!;
  other[at] = value;
}

/** Puts one value for the other. */
function exchange(column: Uint8Array, at: number, one: number, other: number): void {
  const value = column[at]!;
  if (value === one) column[at] = other;
  else if (value === other) column[at] = one;
}
