import { describe, expect, it } from 'vitest';
import { ForeignBed } from '../../support/foreign-bed.ts';
import {
  dataSet,
  type ForeignField,
  type ForeignValue,
  foreignMessage,
  templateSet,
} from '../../support/foreign-messages.ts';

const REVERSE = 29305;
const ends: readonly ForeignField[] = [
  ['sourceIPv4Address', 4],
  ['destinationIPv4Address', 4],
  ['sourceTransportPort', 2],
  ['destinationTransportPort', 2],
  ['protocolIdentifier', 1],
];
const from = ['192.0.2.16', '198.51.100.5', 40_006, 443, 6] as const;

/** What is reported of a record with these fields beside its ends. */
function flowOf(fields: readonly ForeignField[], values: readonly ForeignValue[]) {
  const bed = new ForeignBed();
  const template = { id: 300, fields: [...ends, ...fields] };
  bed.receive([foreignMessage({}, templateSet(template), dataSet(template, [[...from, ...values]]))]);
  return bed.pass()[0]!;
}

describe('the counters of a foreign flow', () => {
  it.each<[string, ForeignField[]]>([
    [
      'initiator and responder',
      [
        ['initiatorOctets', 8],
        ['responderOctets', 8],
      ],
    ],
    [
      'layer 2',
      [
        ['layer2OctetDeltaCount', 8],
        [[REVERSE, 352], 8],
      ],
    ],
    [
      'layer 2 totals',
      [
        ['layer2OctetTotalCount', 8],
        [[REVERSE, 353], 8],
      ],
    ],
    [
      'transport',
      [
        ['transportOctetDeltaCount', 4],
        [[REVERSE, 401], 4],
      ],
    ],
    [
      'after the device',
      [
        ['postOctetDeltaCount', 3],
        [[REVERSE, 23], 5],
      ],
    ],
    [
      'totals after the device',
      [
        ['postOctetTotalCount', 8],
        [[REVERSE, 171], 8],
      ],
    ],
    [
      'deltas of both directions',
      [
        ['octetDeltaCount', 6],
        [[REVERSE, 1], 7],
      ],
    ],
    [
      'totals of both directions',
      [
        ['octetTotalCount', 2],
        [[REVERSE, 85], 3],
      ],
    ],
  ])('are those of %s where there are no others', (_, fields) => {
    expect(flowOf(fields, [4_000, 9_000])).toMatchObject({
      octetDeltaCount: 4_000,
      octetTotalCount: 4_000,
      reverseOctetDeltaCount: 9_000,
      reverseOctetTotalCount: 9_000,
    });
  });

  it('are packets of initiator and responder', () => {
    const flow = flowOf(
      [
        ['initiatorPackets', 8],
        ['responderPackets', 8],
      ],
      [52, 70],
    );
    expect(flow).toMatchObject({ packetDeltaCount: 52, reversePacketDeltaCount: 70 });
    expect(flow.octetDeltaCount).toBeUndefined();
  });

  it('are those of IP where a template has both, in whatever order', () => {
    const fields = [
      ['layer2OctetDeltaCount', 8],
      ['octetDeltaCount', 8],
      ['initiatorOctets', 8],
    ] as const;
    expect(flowOf(fields, [114, 100, 60]).octetDeltaCount).toBe(100);
  });

  it('are deltas, and totals beside them are passed over', () => {
    const fields = [
      ['octetTotalCount', 8],
      ['octetDeltaCount', 8],
    ] as const;
    expect(flowOf(fields, [900_000, 100])).toMatchObject({ octetDeltaCount: 100, octetTotalCount: 100 });
  });

  it('are the first of an element that a template has twice', () => {
    const fields = [
      ['octetDeltaCount', 8],
      ['octetDeltaCount', 8],
    ] as const;
    expect(flowOf(fields, [100, 7]).octetDeltaCount).toBe(100);
  });
});

describe('the addresses of a foreign flow', () => {
  const translated: readonly ForeignField[] = [
    ['postNATSourceIPv4Address', 4],
    ['postNATDestinationIPv4Address', 4],
    ['postNAPTSourceTransportPort', 2],
    ['postNAPTDestinationTransportPort', 2],
  ];

  it('are a source after translation where only that was translated', () => {
    const flow = flowOf(translated, ['203.0.113.1', '198.51.100.5', 61_006, 443]);
    expect(flow).toMatchObject({
      destinationIP: '198.51.100.5',
      proxySnatIP: '203.0.113.1',
      proxySnatPort: 61_006,
    });
    expect(flow.destinationServiceIP).toBeUndefined();
  });

  it('are a destination after translation, and the one before it', () => {
    const flow = flowOf(translated, ['192.0.2.16', '10.0.0.9', 40_006, 8443]);
    expect(flow).toMatchObject({
      sourceIP: '192.0.2.16',
      destinationIP: '10.0.0.9',
      destinationTransportPort: 8443,
      destinationServiceIP: '198.51.100.5',
      destinationServicePort: 443,
    });
    expect(flow.proxySnatIP).toBeUndefined();
  });

  it('are not translated where the elements are zero', () => {
    const flow = flowOf(translated, ['0.0.0.0', '0.0.0.0', 0, 0]);
    expect([flow.destinationIP, flow.proxySnatIP, flow.destinationServiceIP]).toEqual([
      '198.51.100.5',
      undefined,
      undefined,
    ]);
  });

  it('are complete by themselves: a translated source makes them no half of a flow', () => {
    const flow = flowOf(translated, ['203.0.113.1', '198.51.100.5', 61_006, 443]);
    expect(flow.flowEndSecondsFromSourceNode).toBeUndefined();
  });
});
