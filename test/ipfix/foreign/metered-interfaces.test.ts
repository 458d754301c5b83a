import { describe, expect, it } from 'vitest';
import { ForeignBed } from '../../support/foreign-bed.ts';
import { dataSet, flowEnds, foreignMessage, templateSet } from '../../support/foreign-messages.ts';

const fields = [
  ...flowEnds,
  ['flowDirection', 1],
  ['ingressInterface', 4],
  ['octetDeltaCount', 4],
  ['packetDeltaCount', 4],
] as const;
/** As Open vSwitch has them: only packets that leave have an interface by which they do. */
const entering = { id: 300, fields };
const leaving = { id: 301, fields: [...fields, ['egressInterface', 4]] as const };

const ends = (port: number) => ['192.0.2.1', '192.0.2.2', port, 443, 6] as const;
const enters = (port: number, by: number, octets = 100) => [...ends(port), 0, by, octets, 2];
const leaves = (port: number, enteredBy: number, by: number) => [...ends(port), 1, enteredBy, 100, 2, by];

const portsOf = (bed: ForeignBed) => bed.collected.map(({ sourceTransportPort }) => sourceTransportPort);

describe('packets that a switch meters where they enter and where they leave', () => {
  it('count once, and the repeated records are counted', () => {
    const bed = new ForeignBed();
    bed.receive([
      foreignMessage({ sequence: 0 }, templateSet(entering), templateSet(leaving)),
      foreignMessage({ sequence: 0 }, dataSet(entering, [enters(1_000, 2), enters(1_001, 2)])),
      foreignMessage({ sequence: 2 }, dataSet(leaving, [leaves(1_000, 2, 3), leaves(1_001, 2, 3)])),
    ]);
    expect(bed.pass()).toMatchObject([
      { sourceTransportPort: 1_000, octetDeltaCount: 100, packetDeltaCount: 2 },
      { sourceTransportPort: 1_001, octetDeltaCount: 100, packetDeltaCount: 2 },
    ]);
    expect(bed.account()).toMatchObject({ received: 4, sent: 2, dropped: { 'metered twice': 2 } });
  });

  it('count where they leave if the exporter does not meter where they entered', () => {
    const bed = new ForeignBed();
    bed.receive([
      foreignMessage({}, templateSet(entering), templateSet(leaving)),
      foreignMessage({}, dataSet(entering, [enters(1_000, 2)])),
      foreignMessage(
        { sequence: 1 },
        dataSet(leaving, [
          leaves(1_001, 4, 2),
          leaves(1_000, 2, 3),
          leaves(1_002, 4, 3),
          leaves(1_003, 0, 3),
        ]),
      ),
    ]);
    expect(portsOf(bed)).toEqual([1_000, 1_001, 1_002, 1_003]);
    expect(bed.collected.map(({ egressInterface }) => egressInterface)).toEqual([undefined, 2, 3, 3]);
    expect(bed.account()).toMatchObject({ received: 5, sent: 4, dropped: { 'metered twice': 1 } });
    bed.pass();
  });

  it('count in every record if records of entering packets have an egress interface, too', () => {
    const bed = new ForeignBed();
    const both = [[...ends(1_000), 0, 2, 100, 2, 3], leaves(1_001, 2, 3)];
    bed.receive([foreignMessage({}, templateSet(leaving), dataSet(leaving, both))]);
    expect(portsOf(bed)).toEqual([1_000, 1_001]);
    expect(bed.account()).toMatchObject({ received: 2, sent: 2, dropped: {} });
    bed.pass();
  });

  it('count where they leave if only the other family is metered where they entered', () => {
    const bed = new ForeignBed();
    const ipv6 = {
      id: 302,
      fields: [
        ['sourceIPv6Address', 16],
        ['destinationIPv6Address', 16],
        ...entering.fields.slice(2),
      ] as const,
    };
    const address = (last: number) => [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), last];
    bed.receive([
      foreignMessage({}, templateSet(ipv6), templateSet(leaving)),
      foreignMessage({}, dataSet(ipv6, [[address(1), address(2), ...enters(1_000, 2).slice(2)]])),
      foreignMessage({ sequence: 1 }, dataSet(leaving, [leaves(1_001, 2, 3)])),
    ]);
    expect(portsOf(bed)).toEqual([1_000, 1_001]);
    bed.pass();
  });
});
