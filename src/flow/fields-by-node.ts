/**
 * Fields of a record that joins the halves of two nodes: what each node counted. A node that did not report
 * has no value in them.
 */
import { antreaElement } from './element.ts';
import { counterField, type Field, rateField, SINCE_PREVIOUS, SINCE_START } from './field.ts';

const ofNode = (unit: 'octets' | 'packets', id: number, name: string, since: string, node: string) =>
  counterField(
    unit,
    antreaElement(id, name, 'unsigned64'),
    `${unit} ${since}, as the ${node} node reports them`,
  );

export const fieldsByNode = {
  octetDeltaCountFromSourceNode: ofNode(
    'octets',
    123,
    'octetDeltaCountFromSourceNode',
    SINCE_PREVIOUS,
    'source',
  ),
  octetDeltaCountFromDestinationNode: ofNode(
    'octets',
    131,
    'octetDeltaCountFromDestinationNode',
    SINCE_PREVIOUS,
    'destination',
  ),
  octetTotalCountFromSourceNode: ofNode(
    'octets',
    121,
    'octetTotalCountFromSourceNode',
    SINCE_START,
    'source',
  ),
  octetTotalCountFromDestinationNode: ofNode(
    'octets',
    129,
    'octetTotalCountFromDestinationNode',
    SINCE_START,
    'destination',
  ),
  packetDeltaCountFromSourceNode: ofNode(
    'packets',
    122,
    'packetDeltaCountFromSourceNode',
    SINCE_PREVIOUS,
    'source',
  ),
  packetDeltaCountFromDestinationNode: ofNode(
    'packets',
    130,
    'packetDeltaCountFromDestinationNode',
    SINCE_PREVIOUS,
    'destination',
  ),
  packetTotalCountFromSourceNode: ofNode(
    'packets',
    120,
    'packetTotalCountFromSourceNode',
    SINCE_START,
    'source',
  ),
  packetTotalCountFromDestinationNode: ofNode(
    'packets',
    128,
    'packetTotalCountFromDestinationNode',
    SINCE_START,
    'destination',
  ),
  reverseOctetDeltaCountFromSourceNode: ofNode(
    'octets',
    127,
    'reverseOctetDeltaCountFromSourceNode',
    SINCE_PREVIOUS,
    'source',
  ),
  reverseOctetDeltaCountFromDestinationNode: ofNode(
    'octets',
    135,
    'reverseOctetDeltaCountFromDestinationNode',
    SINCE_PREVIOUS,
    'destination',
  ),
  reverseOctetTotalCountFromSourceNode: ofNode(
    'octets',
    125,
    'reverseOctetTotalCountFromSourceNode',
    SINCE_START,
    'source',
  ),
  reverseOctetTotalCountFromDestinationNode: ofNode(
    'octets',
    133,
    'reverseOctetTotalCountFromDestinationNode',
    SINCE_START,
    'destination',
  ),
  reversePacketDeltaCountFromSourceNode: ofNode(
    'packets',
    126,
    'reversePacketDeltaCountFromSourceNode',
    SINCE_PREVIOUS,
    'source',
  ),
  reversePacketDeltaCountFromDestinationNode: ofNode(
    'packets',
    134,
    'reversePacketDeltaCountFromDestinationNode',
    SINCE_PREVIOUS,
    'destination',
  ),
  reversePacketTotalCountFromSourceNode: ofNode(
    'packets',
    124,
    'reversePacketTotalCountFromSourceNode',
    SINCE_START,
    'source',
  ),
  reversePacketTotalCountFromDestinationNode: ofNode(
    'packets',
    132,
    'reversePacketTotalCountFromDestinationNode',
    SINCE_START,
    'destination',
  ),

  flowEndSecondsFromSourceNode: {
    storage: 'time',
    description: 'time of the last packet, as the source node reports it',
    elements: [antreaElement(151, 'flowEndSecondsFromSourceNode', 'dateTimeSeconds')],
  },
  flowEndSecondsFromDestinationNode: {
    storage: 'time',
    description: 'time of the last packet, as the destination node reports it',
    elements: [antreaElement(152, 'flowEndSecondsFromDestinationNode', 'dateTimeSeconds')],
  },
  throughputFromSourceNode: rateField(
    147,
    'throughputFromSourceNode',
    'rate from source to destination, as the source node reports it,',
  ),
  throughputFromDestinationNode: rateField(
    148,
    'throughputFromDestinationNode',
    'rate from source to destination, as the destination node reports it,',
  ),
  reverseThroughputFromSourceNode: rateField(
    149,
    'reverseThroughputFromSourceNode',
    'rate from destination to source, as the source node reports it,',
  ),
  reverseThroughputFromDestinationNode: rateField(
    150,
    'reverseThroughputFromDestinationNode',
    'rate from destination to source, as the destination node reports it,',
  ),
} as const satisfies Record<string, Field>;
