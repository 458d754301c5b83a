/**
 * Fields of a record that joins the halves of two nodes: what each node counted. A node that did not report
 * has no value in them.
 */
import { antrea } from './element.ts';
import { counter, DELTA, type Field, rate, TOTAL } from './field.ts';

const ofNode = (unit: 'octets' | 'packets', id: number, name: string, since: string, node: string) =>
  counter(unit, antrea(id, name, 'unsigned64'), `${unit} ${since}, as the ${node} node reports them`);

export const fieldsByNode = {
  octetDeltaCountFromSourceNode: ofNode('octets', 123, 'octetDeltaCountFromSourceNode', DELTA, 'source'),
  octetDeltaCountFromDestinationNode: ofNode(
    'octets',
    131,
    'octetDeltaCountFromDestinationNode',
    DELTA,
    'destination',
  ),
  octetTotalCountFromSourceNode: ofNode('octets', 121, 'octetTotalCountFromSourceNode', TOTAL, 'source'),
  octetTotalCountFromDestinationNode: ofNode(
    'octets',
    129,
    'octetTotalCountFromDestinationNode',
    TOTAL,
    'destination',
  ),
  packetDeltaCountFromSourceNode: ofNode('packets', 122, 'packetDeltaCountFromSourceNode', DELTA, 'source'),
  packetDeltaCountFromDestinationNode: ofNode(
    'packets',
    130,
    'packetDeltaCountFromDestinationNode',
    DELTA,
    'destination',
  ),
  packetTotalCountFromSourceNode: ofNode('packets', 120, 'packetTotalCountFromSourceNode', TOTAL, 'source'),
  packetTotalCountFromDestinationNode: ofNode(
    'packets',
    128,
    'packetTotalCountFromDestinationNode',
    TOTAL,
    'destination',
  ),
  reverseOctetDeltaCountFromSourceNode: ofNode(
    'octets',
    127,
    'reverseOctetDeltaCountFromSourceNode',
    DELTA,
    'source',
  ),
  reverseOctetDeltaCountFromDestinationNode: ofNode(
    'octets',
    135,
    'reverseOctetDeltaCountFromDestinationNode',
    DELTA,
    'destination',
  ),
  reverseOctetTotalCountFromSourceNode: ofNode(
    'octets',
    125,
    'reverseOctetTotalCountFromSourceNode',
    TOTAL,
    'source',
  ),
  reverseOctetTotalCountFromDestinationNode: ofNode(
    'octets',
    133,
    'reverseOctetTotalCountFromDestinationNode',
    TOTAL,
    'destination',
  ),
  reversePacketDeltaCountFromSourceNode: ofNode(
    'packets',
    126,
    'reversePacketDeltaCountFromSourceNode',
    DELTA,
    'source',
  ),
  reversePacketDeltaCountFromDestinationNode: ofNode(
    'packets',
    134,
    'reversePacketDeltaCountFromDestinationNode',
    DELTA,
    'destination',
  ),
  reversePacketTotalCountFromSourceNode: ofNode(
    'packets',
    124,
    'reversePacketTotalCountFromSourceNode',
    TOTAL,
    'source',
  ),
  reversePacketTotalCountFromDestinationNode: ofNode(
    'packets',
    132,
    'reversePacketTotalCountFromDestinationNode',
    TOTAL,
    'destination',
  ),

  flowEndSecondsFromSourceNode: {
    storage: 'time',
    description: 'time of the last packet, as the source node reports it',
    elements: [antrea(151, 'flowEndSecondsFromSourceNode', 'dateTimeSeconds')],
  },
  flowEndSecondsFromDestinationNode: {
    storage: 'time',
    description: 'time of the last packet, as the destination node reports it',
    elements: [antrea(152, 'flowEndSecondsFromDestinationNode', 'dateTimeSeconds')],
  },
  throughputFromSourceNode: rate(
    147,
    'throughputFromSourceNode',
    'rate from source to destination, as the source node reports it,',
  ),
  throughputFromDestinationNode: rate(
    148,
    'throughputFromDestinationNode',
    'rate from source to destination, as the destination node reports it,',
  ),
  reverseThroughputFromSourceNode: rate(
    149,
    'reverseThroughputFromSourceNode',
    'rate from destination to source, as the source node reports it,',
  ),
  reverseThroughputFromDestinationNode: rate(
    150,
    'reverseThroughputFromDestinationNode',
    'rate from destination to source, as the destination node reports it,',
  ),
} as const satisfies Record<string, Field>;
