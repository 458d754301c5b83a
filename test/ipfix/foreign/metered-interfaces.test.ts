import { describe, expect, it } from 'vitest';
import { batchOf } from '../../../src/flow/index.ts';
import { MeteredInterfaces } from '../../../src/ipfix/foreign/metered-interfaces.ts';
import { ForeignBed } from '../../support/foreign-bed.ts';
import {
  dataSet,
  exportTime,
  flowEnds,
  foreignMessage,
  templateSet,
} from '../../support/foreign-messages.ts';
import { set, u32 } from '../../support/ipfix-octets.ts';
import { v9, v9Template } from '../../support/netflow-octets.ts';

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

  it('count where they leave after a restart of the exporter, which may number its interfaces anew', () => {
    const bed = new ForeignBed();
    const flow = [
      [8, 4],
      [12, 4],
      [61, 1],
      [10, 4],
      [1, 4],
      [2, 4],
    ] as const;
    const templates = [v9Template(256, ...flow), v9Template(257, ...flow, [14, 4])];
    const values = (direction: number) => ['0a000001 0a000002', direction, u32(2), u32(100), u32(1)] as const;
    const sent = (sequence: number, uptimeMs: number, ...sets: Uint8Array[]) =>
      v9({ seconds: exportTime, sequence, uptimeMs }, ...sets);
    bed.receive([
      sent(8, 900_000, ...templates, set(256, ...values(0))),
      sent(9, 901_000, set(257, ...values(1), u32(3))),
      sent(1, 1_000, ...templates, set(257, ...values(1), u32(3))),
    ]);
    expect(bed.account()).toMatchObject({
      sent: 2,
      dropped: { 'metered twice': 1 },
      events: { 'exporter restarts': 1 },
    });
    bed.pass();
  });

  it('count where they leave without room to remember where they entered', () => {
    const taken: number[] = [];
    const interfaces = new MeteredInterfaces({ take: (octets) => taken.push(octets) === 1 });
    const entered = [2, 2, 4].map((ingressInterface) => ({ sourceIP: '10.0.0.1', ingressInterface }));
    const left = entered.map((record) => ({ ...record, egressInterface: 9 }));
    const batch = batchOf([...entered, ...left]);
    expect(interfaces.removeRepeated(batch, 0, { flowDirection: Float64Array.of(0, 0, 0, 1, 1, 1) })).toBe(2);
    expect([...batch].map(({ ingressInterface }) => ingressInterface)).toEqual([2, 2, 4, 4]);
    interfaces.clear();
    expect(taken).toEqual([64, 64, -64]);
  });
});
