import { describe, expect, it } from 'vitest';
import { ForeignBed } from '../../support/foreign-bed.ts';
import {
  dataSet,
  flowEnds as ends,
  type ForeignField,
  type ForeignValue,
  float64,
  foreignMessage,
  templateSet,
} from '../../support/foreign-messages.ts';

const REVERSE = 29305;
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
  ])('are those of %s in the absence of others', (_, fields) => {
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

  it('are those of IP when a template has both, in any order', () => {
    const fields = [
      ['layer2OctetDeltaCount', 8],
      ['octetDeltaCount', 8],
      ['initiatorOctets', 8],
    ] as const;
    expect(flowOf(fields, [114, 100, 60]).octetDeltaCount).toBe(100);
  });

  it('are deltas; totals beside them are ignored', () => {
    const fields = [
      ['octetTotalCount', 8],
      ['octetDeltaCount', 8],
    ] as const;
    expect(flowOf(fields, [900_000, 100])).toMatchObject({ octetDeltaCount: 100, octetTotalCount: 100 });
  });

  it('are the first value of an element that occurs twice', () => {
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

  it('have a translated source when only that was translated', () => {
    const flow = flowOf(translated, ['203.0.113.1', '198.51.100.5', 61_006, 443]);
    expect(flow).toMatchObject({
      destinationIP: '198.51.100.5',
      proxySnatIP: '203.0.113.1',
      proxySnatPort: 61_006,
    });
    expect(flow.destinationServiceIP).toBeUndefined();
  });

  it('have the destinations before and after translation', () => {
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

  it('are untranslated when the elements are zero', () => {
    const flow = flowOf(translated, ['0.0.0.0', '0.0.0.0', 0, 0]);
    expect([flow.destinationIP, flow.proxySnatIP, flow.destinationServiceIP]).toEqual([
      '198.51.100.5',
      undefined,
      undefined,
    ]);
  });

  it('are complete; a translated source makes them no half of a flow', () => {
    const flow = flowOf(translated, ['203.0.113.1', '198.51.100.5', 61_006, 443]);
    expect(flow.flowEndSecondsFromSourceNode).toBeUndefined();
  });
});

describe('a value that a foreign exporter does not send', () => {
  const addresses = ends.slice(0, 2);

  /** What is reported of a record with an address at each end and these fields. */
  function told(
    fields: readonly ForeignField[],
    values: readonly ForeignValue[],
    padding: readonly number[] = [],
  ) {
    const bed = new ForeignBed();
    const template = { id: 300, fields: [...addresses, ['octetDeltaCount', 4], ...fields] as const };
    const records = [['192.0.2.16', '198.51.100.5', 84, ...values]];
    bed.receive([foreignMessage({}, templateSet(template), dataSet(template, records, padding))]);
    return { flow: bed.pass()[0]!, events: bed.account().events };
  }

  it('is absent: the type of ICMP', () => {
    expect(told([['protocolIdentifier', 1]], [1]).flow.icmpTypeCode).toBeUndefined();
  });

  it.each<[string, ForeignField[], ForeignValue[], number]>([
    ['as one element', [['icmpTypeCodeIPv4', 2]], [0], 0],
    [
      'as two elements',
      [
        ['icmpTypeIPv4', 1],
        ['icmpCodeIPv4', 1],
      ],
      [3, 1],
      769,
    ],
    [
      'as two elements of zero',
      [
        ['icmpTypeIPv4', 1],
        ['icmpCodeIPv4', 1],
      ],
      [0, 0],
      0,
    ],
    [
      'in the destination port',
      [
        ['sourceTransportPort', 2],
        ['destinationTransportPort', 2],
      ],
      [0, 2048],
      2048,
    ],
  ])('is absent: the type of ICMP %s', (_, fields, values, typeCode) => {
    const { flow } = told([['protocolIdentifier', 1], ...fields], [1, ...values]);
    expect(flow.icmpTypeCode).toBe(typeCode);
  });

  it('is not read from padding, even if that is nonzero', () => {
    const { flow, events } = told([['protocolIdentifier', 1]], [17], [0xde, 0xad, 0xbf]);
    expect(flow.octetDeltaCount).toBe(84);
    expect(events).toEqual({ 'times estimated': 1 });
  });
});

describe('the reader of a foreign template', () => {
  it('reads the same before and after its compilation', () => {
    const bed = new ForeignBed();
    const template = {
      id: 300,
      fields: [
        ...ends,
        ['octetDeltaCount', 3],
        ['flowStartDeltaMicroseconds', 4],
        ['flowEndDeltaMicroseconds', 4],
        ['samplingProbability', 8],
        ['postNATDestinationIPv4Address', 4],
        ['interfaceName', 65535],
        ['observationTimeMilliseconds', 8],
      ] as const,
    };
    const probability = float64(0.1);
    const record = [...from, 700, 2_000_000, 5_000, probability, '10.0.0.9', [101, 116, 104], 0];
    const set = dataSet(
      template,
      Array.from({ length: 100 }, () => record),
    );
    const messages = Array.from({ length: 14 }, (_, i) => foreignMessage({ sequence: 100 * i }, set));
    bed.receive([foreignMessage({}, templateSet(template)), ...messages]);
    expect(bed.collected).toHaveLength(1400);
    expect(bed.collected.at(-1)).toEqual(bed.collected[0]);
    expect(bed.collected[0]).toMatchObject({ octetDeltaCount: 7_000, destinationIP: '10.0.0.9' });
    expect(bed.account().events).toEqual({ 'scaled by sampling': 1400 });
  });
});

describe('a foreign flow opened by its destination', () => {
  const fields: ForeignField[] = [
    ['octetDeltaCount', 8],
    ['packetDeltaCount', 8],
    [[REVERSE, 1], 8],
    ['postNATSourceIPv4Address', 4],
    ['postNAPTSourceTransportPort', 2],
    ['ingressInterface', 4],
    ['egressInterface', 4],
    ['biflowDirection', 1],
  ];
  const values = [700, 7, 300, '203.0.113.9', 1_024, 3, 4] as const;

  it('is turned so that the opening end is the source, with all fields of each end and direction', () => {
    expect(flowOf(fields, [...values, 2])).toMatchObject({
      sourceIP: '198.51.100.5',
      sourceTransportPort: 443,
      destinationIP: '192.0.2.16',
      destinationTransportPort: 40_006,
      destinationServiceIP: '203.0.113.9',
      destinationServicePort: 1_024,
      octetDeltaCount: 300,
      reverseOctetDeltaCount: 700,
      reversePacketDeltaCount: 7,
      ingressInterface: 4,
      egressInterface: 3,
      biflowDirection: 1,
    });
  });

  it.each([0, 1, 3])('stays as it is when biflowDirection is %i', (biflowDirection) => {
    expect(flowOf(fields, [...values, biflowDirection])).toMatchObject({
      sourceIP: '192.0.2.16',
      sourceTransportPort: 40_006,
      proxySnatIP: '203.0.113.9',
      octetDeltaCount: 700,
      reverseOctetDeltaCount: 300,
      ingressInterface: 3,
    });
  });

  it('leaves no counter behind for the next record in its row', () => {
    const bed = new ForeignBed();
    const template = {
      id: 300,
      fields: [...ends, ['octetDeltaCount', 8], ['biflowDirection', 1]] as ForeignField[],
    };
    bed.receive([
      foreignMessage({}, templateSet(template), dataSet(template, [[...from, 700, 2]])),
      foreignMessage(
        { sequence: 1 },
        dataSet(template, [['192.0.2.17', '198.51.100.5', 40_007, 443, 6, 50, 1]]),
      ),
    ]);
    const [turned, other] = bed.collected;
    expect(turned).toMatchObject({ sourceIP: '198.51.100.5', reverseOctetDeltaCount: 700 });
    expect(turned).not.toHaveProperty('octetDeltaCount');
    expect(other).toMatchObject({ sourceIP: '192.0.2.17', octetDeltaCount: 50 });
    expect(other).not.toHaveProperty('reverseOctetDeltaCount');
  });

  it('keeps an ICMP identifier and type', () => {
    const icmp = ['192.0.2.16', '198.51.100.5', 0, 0x0800, 1] as const;
    const bed = new ForeignBed();
    const template = { id: 300, fields: [...ends, ['biflowDirection', 1]] as ForeignField[] };
    bed.receive([foreignMessage({}, templateSet(template), dataSet(template, [[...icmp, 2]]))]);
    expect(bed.collected[0]).toMatchObject({
      sourceIP: '198.51.100.5',
      destinationTransportPort: 0x0800,
      icmpTypeCode: 0x0800,
    });
  });
});

it("a foreign exporter's observation point number does not indicate a flow's ends", () => {
  const bed = new ForeignBed();
  const template = { id: 300, fields: [...ends, ['observationPointId', 8]] as ForeignField[] };
  bed.receive([foreignMessage({}, templateSet(template), dataSet(template, [[...from, 1n]]))]);
  expect(bed.collected).toHaveLength(1);
  expect(bed.collected[0]).not.toHaveProperty('observationPointId');
});
