import { describe, expect, it } from 'vitest';
import {
  BatchLayout,
  batchOf,
  Dictionary,
  EndReason,
  FlowBatch,
  type FlowRecord,
  FlowType,
  fieldNames,
  fieldOf,
  MAX_ROWS,
  NO_ICMP_TYPE,
  recordToJson,
} from '../../src/flow/index.ts';

const record: FlowRecord = {
  flowStartMilliseconds: Date.UTC(2026, 0, 31, 10, 0, 0, 250),
  flowEndReason: EndReason.active,
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  sourceTransportPort: 40000,
  destinationTransportPort: 443,
  protocolIdentifier: 6,
  octetTotalCount: 0,
  packetTotalCount: 2 ** 53,
  sourceNodeName: 'node-a',
  flowType: FlowType.interNode,
  tcpState: 'ESTABLISHED',
};

describe('a record', () => {
  it('is the same after it is written into columns and read back', () => {
    expect([...batchOf([record, { sourceIP: '2001:db8::1', vlanId: 7 }])]).toEqual([
      record,
      { sourceIP: '2001:db8::1', vlanId: 7 },
    ]);
  });

  it('distinguishes a counted zero from no value', () => {
    const [zero, none] = batchOf([{ octetTotalCount: 0 }, { packetTotalCount: 1 }]);
    expect([zero!.octetTotalCount, none!.octetTotalCount]).toEqual([0, undefined]);
  });

  it('has port 0 if the protocol has ports, and ICMP type 0 if it is ICMP', () => {
    const rows = [6, 1, 47].map((protocolIdentifier) => ({
      protocolIdentifier,
      sourceTransportPort: 0,
      icmpTypeCode: 0,
    }));
    expect([...batchOf(rows)]).toEqual([
      { protocolIdentifier: 6, sourceTransportPort: 0 },
      { protocolIdentifier: 1, icmpTypeCode: 0 },
      { protocolIdentifier: 47 },
    ]);
  });

  it('has no ICMP type if an exporter did not send one', () => {
    const rows = [{ protocolIdentifier: 1, icmpTypeCode: NO_ICMP_TYPE }];
    expect([...batchOf(rows)]).toEqual([{ protocolIdentifier: 1 }]);
  });

  it('shows a time beyond any calendar as its number', () => {
    expect(recordToJson({ flowStartMilliseconds: 8.64e15, flowEndMilliseconds: 2 ** 64 })).toEqual({
      flowStartMilliseconds: '+275760-09-13T00:00:00.000Z',
      flowEndMilliseconds: '18446744073709551616',
    });
  });

  it('reads 0.0.0.0 as no address where the table declares it', () => {
    const [row] = batchOf([{ sourceIP: '0.0.0.0', destinationServiceIP: '0.0.0.0', proxySnatIP: '0.0.0.0' }]);
    expect(row).toEqual({ sourceIP: '0.0.0.0' });
  });
});

describe('a record as JSON', () => {
  it('has RFC 3339 times, names of enumerations, and the protocol as name and number', () => {
    expect(JSON.stringify(recordToJson(record))).toBe(
      '{"flowStartMilliseconds":"2026-01-31T10:00:00.250Z","flowEndReason":"ActiveTimeout",' +
        '"sourceIP":"10.0.0.1","destinationIP":"10.0.0.2","sourceTransportPort":40000,' +
        '"destinationTransportPort":443,"protocol":"TCP","protocolIdentifier":6,"octetTotalCount":0,' +
        '"packetTotalCount":"9007199254740992","sourceNodeName":"node-a","tcpState":"ESTABLISHED",' +
        '"flowType":"InterNode"}',
    );
  });

  it('uses the ICMP element of its family', () => {
    const ping = { protocolIdentifier: 1, icmpTypeCode: 2048 };
    expect(recordToJson({ sourceIP: '10.0.0.1', ...ping })).toMatchObject({ icmpTypeCodeIPv4: 2048 });
    expect(recordToJson({ sourceIP: '::1', ...ping })).toMatchObject({ icmpTypeCodeIPv6: 2048 });
  });

  it('shows numbers without a name', () => {
    expect(recordToJson({ protocolIdentifier: 200, flowType: 9 })).toEqual({
      protocolIdentifier: 200,
      flowType: 9,
    });
  });
});

describe('a batch', () => {
  it('shows absent fields as without a value', () => {
    const batch = batchOf([{ sourceIP: '10.0.0.1' }]);
    expect(batch.has('throughput')).toBe(false);
    expect(batch.columns.throughput[0]).toBeNaN();
    expect(batch.columns.sourcePodName[0]).toBe(0);
  });

  it('takes the family of a row from its source, or else from its destination', () => {
    const batch = batchOf([{ sourceIP: '10.0.0.1' }, { sourceIP: '::1' }, { destinationIP: '10.0.0.1' }, {}]);
    expect([0, 1, 2, 3].map((row) => batch.family(row))).toEqual([4, 6, 4, 4]);
  });

  it('holds 1 to MAX_ROWS rows, each column aligned in one buffer', () => {
    expect(() => new BatchLayout(['sourceIP'], 0)).toThrow(RangeError);
    expect(() => new BatchLayout(['sourceIP'], MAX_ROWS + 1)).toThrow(RangeError);
    const layout = new BatchLayout(fieldNames, 3);
    const batch = new FlowBatch(layout, new Dictionary());
    const ends = fieldNames
      .map((name) => batch.columns[name])
      .map((column) => column.byteOffset + column.byteLength);
    expect(Math.max(...ends)).toBeLessThanOrEqual(layout.octets);
    expect(new Set(fieldNames.map((name) => batch.columns[name].buffer)).size).toBe(1);
    batch.length = 3;
    expect(batch.isFull).toBe(true);
    expect(() => batch.at(3)).toThrow('row 3 of a batch of 3');
  });

  it.each([512, 1024, MAX_ROWS])('spreads a row of %i over the sets of a cache', (rows) => {
    const { columns } = new FlowBatch(new BatchLayout(fieldNames, rows), new Dictionary());
    const columnsOfSets = new Map<number, number>();
    for (const name of fieldNames) {
      const set = Math.floor(columns[name].byteOffset / 64) % 64;
      columnsOfSets.set(set, (columnsOfSets.get(set) ?? 0) + 1);
    }
    expect(Math.max(...columnsOfSets.values())).toBeLessThanOrEqual(8);
  });
});

describe('the table of fields', () => {
  it('has an element for every field that agents send, except names of interfaces, and no element twice', () => {
    const elements = fieldNames.flatMap((name) => {
      const { elements, ipv6Elements = [] } = fieldOf(name);
      expect(elements.length === 0, name).toBe(
        /^sampl|InterfaceName$|VRFName$|Workload(Kind|Name)$|Zone$|RangeName$|^namedByAggregator$/.test(name),
      );
      return [...elements, ...ipv6Elements].map(({ enterprise, id }) => `${enterprise}.${id}`);
    });
    expect(new Set(elements).size).toBe(elements.length);
  });

  it('has a unit for every 64-bit counter but the flow id, and a description for all', () => {
    for (const name of fieldNames) {
      const { storage, unit, description } = fieldOf(name);
      expect(description, name).not.toBe('');
      if (storage === 'unsigned64' && name !== 'flowId') expect(unit, name).toBeDefined();
    }
  });
});
