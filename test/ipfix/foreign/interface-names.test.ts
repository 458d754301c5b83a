import { describe, expect, it } from 'vitest';
import { Dictionary, type FlowRecord } from '../../../src/flow/index.ts';
import { SessionTable } from '../../../src/ipfix/collecting/session-table.ts';
import { NameTable } from '../../../src/ipfix/foreign/name-table.ts';
import { Account } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ForeignBed } from '../../support/foreign-bed.ts';
import {
  dataSet,
  type ForeignField,
  type ForeignTemplate,
  type ForeignValue,
  flowEnds,
  foreignMessage,
  templateSet,
} from '../../support/foreign-messages.ts';
import { octets, set, u16, u32 } from '../../support/ipfix-octets.ts';
import { v9, v9Options, v9Template } from '../../support/netflow-octets.ts';

/** A text in 16 octets, filled up with zeros. */
const text = (value: string): number[] => [...Buffer.from(value.padEnd(16, '\0'))];

const interfaces: ForeignTemplate = {
  id: 400,
  scope: 1,
  fields: [
    ['ingressInterface', 4],
    ['interfaceName', 16],
    ['interfaceDescription', 16],
  ],
};
const table = (header: { domain?: number }, ...rows: readonly (readonly [number, string, string])[]) =>
  foreignMessage(
    header,
    templateSet(interfaces),
    dataSet(
      interfaces,
      rows.map(([index, name, description]) => [index, text(name), text(description)]),
    ),
  );

const flows: ForeignTemplate = {
  id: 300,
  fields: [...flowEnds, ['ingressInterface', 4], ['egressInterface', 4], ['octetDeltaCount', 4]],
};
let port = 1_000;
/** A flow by two interfaces. */
const flow = (ingress: number, egress: number, header: { domain?: number } = {}) =>
  foreignMessage(
    header,
    templateSet(flows),
    dataSet(flows, [['192.0.2.15', '198.51.100.5', port++, 443, 6, ingress, egress, 1_000]]),
  );
const namesOf = ({ ingressInterfaceName, egressInterfaceName, ingressVRFName, egressVRFName }: FlowRecord) =>
  [ingressInterfaceName, egressInterfaceName, ingressVRFName, egressVRFName].slice(
    0,
    ingressVRFName || egressVRFName ? 4 : 2,
  );

describe('interfaces of a router', () => {
  it('have the names of its options records in its flows, in each direction', () => {
    const bed = new ForeignBed();
    bed.receive([table({}, [3, 'ge-0/0/3', 'uplink'], [4, '', 'to the lab']), flow(3, 4)]);
    const [record] = bed.pass();
    expect(namesOf(record!)).toEqual(['ge-0/0/3', 'to the lab']);
    expect(record).toMatchObject({ ingressInterface: 3, egressInterface: 4 });
  });

  it('are in no flow of an agent, and policies of agents in no flow of a router', () => {
    const bed = new ForeignBed();
    const policy: ForeignTemplate = {
      id: 310,
      fields: [...flows.fields, ['ingressNetworkPolicyNamespace', 16], ['ingressNetworkPolicyRuleName', 16]],
    };
    const ofAgent = (sequence: number) =>
      foreignMessage(
        { sequence, domain: 77 },
        templateSet(policy),
        dataSet(policy, [['10.0.0.1', '10.0.0.2', port++, 443, 6, 3, 4, 5, text('shop'), text('allow web')]]),
      );
    const fieldsOf = (record: FlowRecord) => [
      record.ingressInterfaceName,
      record.ingressNetworkPolicyNamespace,
      record.ingressNetworkPolicyRuleName,
    ];
    for (const sequence of [0, 1]) {
      bed.receive([table({}, [3, 'uplink', '']), flow(3, 4)]);
      bed.receive([ofAgent(sequence)], '10.0.0.9:4739');
      bed.receive([flow(3, 4)], '192.0.2.9:4739');
      expect(bed.pass(70_000).map(fieldsOf)).toEqual([
        ['uplink', undefined, undefined],
        [undefined, 'shop', 'allow web'],
        [undefined, undefined, undefined],
      ]);
    }
  });

  it('have none before the table, or without an entry', () => {
    const bed = new ForeignBed();
    bed.receive([flow(3, 4), table({}, [3, 'ge-0/0/3', '']), flow(5, 3)]);
    expect(bed.pass().map(namesOf)).toEqual([
      [undefined, undefined],
      [undefined, 'ge-0/0/3'],
    ]);
  });

  it('have the name of the latest table; an empty one removes it', () => {
    const bed = new ForeignBed();
    bed.receive([
      table({}, [3, 'old', ''], [4, 'gone', '']),
      table({}, [3, 'new', ''], [4, '', '']),
      flow(3, 4),
    ]);
    expect(namesOf(bed.pass()[0]!)).toEqual(['new', undefined]);
  });

  it('have names for each domain, and those of domain 0 in all', () => {
    const bed = new ForeignBed();
    bed.receive([
      table({ domain: 0 }, [3, 'of all', ''], [4, 'of all', '']),
      table({ domain: 8 }, [4, 'of 8', '']),
      flow(3, 4, { domain: 8 }),
      flow(3, 4, { domain: 9 }),
    ]);
    expect(bed.pass().map(namesOf)).toEqual([
      ['of all', 'of 8'],
      ['of all', 'of all'],
    ]);
  });

  it('have the names of their own exporter only', () => {
    const bed = new ForeignBed();
    bed.receive([table({}, [3, 'of one', ''])], '192.0.2.1:4739');
    bed.receive([flow(3, 3)], '192.0.2.2:4739');
    expect(namesOf(bed.pass()[0]!)).toEqual([undefined, undefined]);
  });

  it('change places in a flow that the destination opened', () => {
    const bed = new ForeignBed();
    const turned = { id: 301, fields: [...flows.fields, ['biflowDirection', 1] as ForeignField] };
    const values: ForeignValue[] = ['192.0.2.15', '198.51.100.5', 9, 443, 6, 3, 4, 1_000, 2];
    bed.receive([
      table({}, [3, 'three', ''], [4, 'four', '']),
      foreignMessage({}, templateSet(turned), dataSet(turned, [values])),
    ]);
    const [record] = bed.pass();
    expect(record).toMatchObject({ sourceIP: '198.51.100.5', ingressInterface: 4 });
    expect(namesOf(record!)).toEqual(['four', 'three']);
  });

  it('are read from NetFlow v9 with the scope System, and forgotten when the exporter restarts', () => {
    const bed = new ForeignBed();
    const named = v9Options(256, [[1, 4]], [10, 4], [82, 8], [83, 8]);
    const row = octets(u32(1), u32(3), Buffer.from('Gi0/3\0\0\0'), Buffer.from('uplink\0\0'));
    const template = v9Template(257, [8, 4], [12, 4], [10, 4], [1, 4]);
    const record = (host: number) =>
      set(257, octets('0a0000', u16(host).subarray(1), '0a000063', u32(3), u32(9)));
    bed.receive([v9({ sequence: 1 }, named, set(256, row)), v9({ sequence: 2 }, template, record(1))]);
    bed.receive([v9({ sequence: 1, uptimeMs: 1_000 }, template, record(2))]);
    expect(bed.collected.map(namesOf)).toEqual([
      ['Gi0/3', undefined],
      [undefined, undefined],
    ]);
  });
});

describe('VRFs of a router', () => {
  const records: ForeignTemplate = {
    id: 302,
    fields: [...flowEnds, ['ingressVRFID', 4], ['egressVRFID', 4], ['octetDeltaCount', 4]],
  };
  const message = (ingress: number, egress: number) =>
    foreignMessage(
      {},
      templateSet(records),
      dataSet(records, [['192.0.2.15', '198.51.100.5', port++, 443, 6, ingress, egress, 1_000]]),
    );

  it.each([
    ['in the scope', 'ingressVRFID', 1],
    ['of the other direction in the scope', 'egressVRFID', 1],
    ['beside the name', 'ingressVRFID', 2],
  ])('have names by their number %s', (_, element, scope) => {
    const bed = new ForeignBed();
    const options: ForeignTemplate = {
      id: 401,
      scope,
      fields: [
        [element, 4],
        ['VRFname', 16],
      ],
    };
    bed.receive([
      foreignMessage(
        {},
        templateSet(options),
        dataSet(options, [
          [0, text('default')],
          [7, text('red')],
        ]),
      ),
      message(7, 0),
    ]);
    expect(namesOf(bed.pass()[0]!)).toEqual([undefined, undefined, 'red', 'default']);
  });
});

describe('a table of names', () => {
  const roomFor = (octets: number) => {
    let left = octets;
    const take = (more: number) => {
      if (more > left) return false;
      left -= more;
      return true;
    };
    return { take, left: () => left };
  };

  it('stays within its room, and gives it back', () => {
    const room = roomFor(10_000);
    const names = new NameTable(room);
    let kept = 0;
    while (names.put(kept, `interface ${kept}`, 0)) kept++;
    expect(kept).toBeGreaterThan(10);
    expect(kept).toBeLessThan(40);
    names.put(0, '', 0);
    expect(names.put(1_000, 'another', 0)).toBe(true);
    names.clear();
    expect([names.size, room.left()]).toEqual([0, 10_000]);
  });

  it('has ids of each dictionary', () => {
    const names = new NameTable(roomFor(10_000));
    names.put(3, 'three', 0);
    const [one, other] = [new Dictionary(), new Dictionary()];
    other.internText('first');
    for (const dictionary of [one, other, one])
      expect(dictionary.text(names.idOf(3, dictionary))).toBe('three');
    expect(names.idOf(4, one)).toBe(0);
  });

  it('of a session counts for its memory, and expires over UDP when it is not sent again', () => {
    const clock = new FakeClock();
    const account = new Account('messages', 'messages');
    const table = new SessionTable({
      clock,
      account,
      maxSessions: 8,
      maxAddressOctets: 64 << 20,
      maxOctets: 64 << 20,
      idleTimeoutMs: 24 * 3_600_000,
      templateLifetimeMs: 1_800_000,
    });
    const sessions = (['udp', 'tcp'] as const).map((protocol) =>
      table.open(protocol, '192.0.2.1:4739', () => {}),
    );
    for (const session of sessions) {
      const { interfaces } = session.foreign(session.domain(1)).statements.names;
      const before = session.octets;
      interfaces.put(3, 'three', clock.monotonic());
      expect(session.octets).toBeGreaterThan(before);
    }
    const sizes = () =>
      sessions.map((session) => session.foreign(session.domain(1)).statements.names.interfaces.size);
    clock.advance(3_000_000);
    table.sweep();
    expect(sizes()).toEqual([1, 1]);
    clock.advance(1_000_000);
    table.sweep();
    expect(sizes()).toEqual([0, 1]);
  });

  it('of a session has room for a large router, and what exceeds it is counted', () => {
    const bed = new ForeignBed();
    for (let first = 0; first < 6_000; first += 500) {
      const rows = Array.from({ length: 500 }, (_, i): [number, string, string] => [
        first + i,
        `if ${first + i}`,
        '',
      ]);
      bed.receive([table({}, ...rows)]);
    }
    const leftOut = bed.account().events['interface names left out']!;
    expect(leftOut).toBeGreaterThan(0);
    expect(leftOut).toBeLessThan(3_000);
    bed.receive([flow(2_999, 5_999)]);
    expect(namesOf(bed.pass()[0]!)).toEqual(['if 2999', undefined]);
  });
});
