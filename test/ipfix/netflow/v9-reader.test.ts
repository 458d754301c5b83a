import { describe, expect, it } from 'vitest';
import { messageFormats } from '../../../src/ipfix/message-formats.ts';
import { type DataSet, MessageReader, TemplateStore } from '../../../src/ipfix/wire/index.ts';
import { Collected } from '../../support/ipfix-collected.ts';
import { octets, set, u16, u32 } from '../../support/ipfix-octets.ts';
import { v9, v9Options, v9Template } from '../../support/netflow-octets.ts';

const read = (...messages: Uint8Array[]) =>
  new Collected(new TemplateStore(), 'netflow-v9').read(...messages);

describe('a message of NetFlow v9', () => {
  it('has its header, and the records of its templates with element names of IPFIX', () => {
    const template = v9Template(256, [8, 4], [12, 4], [10, 2], [1, 4], [2, 4], [22, 4], [21, 4], [6, 1]);
    const record = octets('0a000001 0a000002 0003', u32(5_000), u32(10), u32(940_000), u32(970_000), 0x18);
    const { headers, fields, errors } = read(v9({ count: 2, sequence: 9 }, template, set(256, record)));
    expect(errors).toEqual([]);
    expect(headers).toEqual([
      {
        length: 20 + 40 + 4 + 27,
        exportTimeSeconds: 1_700_000_000,
        sequenceNumber: 9,
        domain: 7,
        netflow: { version: 9, uptimeMs: 1_000_000, announcedRecords: 2, samplingInterval: 0 },
      },
    ]);
    expect(fields).toEqual([
      {
        sourceIPv4Address: '10.0.0.1',
        destinationIPv4Address: '10.0.0.2',
        ingressInterface: 3,
        octetDeltaCount: 5_000,
        packetDeltaCount: 10,
        flowStartSysUpTime: 940_000,
        flowEndSysUpTime: 970_000,
        tcpControlBits: 0x18,
      },
    ]);
  });

  it('has options records with the five scopes, of any length', () => {
    const scopes = [1, 2, 3, 4, 5].map((type) => [type, type === 1 ? 0 : 4] as const);
    const options = v9Options(257, scopes, [48, 1], [49, 1], [50, 4], [84, 6]);
    const record = octets([2, 3, 4, 5].map(u32), 1, 2, u32(100), Buffer.from('fast\0\0'));
    const { records, fields, errors } = read(v9({}, options, set(257, record, 0, 0)));
    expect(errors).toEqual([]);
    expect(records[0]!.template.scopeFieldCount).toBe(5);
    expect(fields).toEqual([
      {
        exportingProcessId: '',
        ingressInterface: 2,
        lineCardId: 3,
        meteringProcessId: 4,
        templateId: 5,
        samplerId: 1,
        samplerMode: 2,
        samplerRandomInterval: 100,
        samplerName: 'fast',
      },
    ]);
  });

  it('has the names of interfaces and of VRFs', () => {
    const options = v9Options(257, [[2, 4]], [82, 8], [83, 8], [234, 4], [236, 4]);
    const record = octets(u32(3), Buffer.from('Gi0/1\0\0\0uplink\0\0'), u32(5), Buffer.from('blue'));
    expect(read(v9({}, options, set(257, record))).fields).toEqual([
      {
        ingressInterface: 3,
        interfaceName: 'Gi0/1',
        interfaceDescription: 'uplink',
        ingressVRFID: 5,
        VRFname: 'blue',
      },
    ]);
  });

  it("has Cisco's types above 32767 as Cisco's elements, and those of its firewalls by name", () => {
    const template = v9Template(256, [45004, 4], [33002, 2], [40000, 4], [40001, 4], [40005, 1], [33000, 2]);
    const { records, fields } = read(v9({}, template, set(256, '0a000001 03e9 6a6f6500 c0000201 03 abcd')));
    expect(fields).toEqual([
      {
        clientIPv4Address: '10.0.0.1',
        firewallExtendedEvent: 1001,
        userName: 'joe',
        postNATSourceIPv4Address: '192.0.2.1',
        firewallEvent: 3,
        ingressAclId: 'abcd',
      },
    ]);
    expect(records[0]!.template.fields.map(({ element }) => [element.enterprise, element.id])).toEqual([
      [9, 12236],
      [9, 234],
      [9, 7232],
      [0, 225],
      [0, 233],
      [9, 232],
    ]);
  });

  it('may have several templates in a set, padding in each set, and zero octets at its end', () => {
    const templates = set(0, u16(256), u16(1), '0004 0001', u16(257), u16(1), '0001 0004', 0, 0, 0);
    const { fields, errors } = read(
      v9({ count: 99 }, templates, set(256, 6, 0, 0, 0), set(257, u32(12), 0, 0), octets(0, 0, 0, 0, 0, 0)),
    );
    expect(errors).toEqual([]);
    expect(fields).toEqual([
      { protocolIdentifier: 6 },
      { protocolIdentifier: 0 },
      { protocolIdentifier: 0 },
      { protocolIdentifier: 0 },
      { octetDeltaCount: 12 },
    ]);
  });

  it('replaces a template of the same id, and keeps those of another source', () => {
    const collected = read(
      v9({}, v9Template(256, [4, 1])),
      v9({ source: 8 }, v9Template(256, [1, 4])),
      v9({}, v9Template(256, [4, 1])),
      v9({}, set(256, 6)),
      v9({}, v9Template(256, [1, 2])),
      v9({}, set(256, u16(6))),
      v9({ source: 8 }, set(256, u32(8))),
    );
    expect(collected.fields).toEqual([
      { protocolIdentifier: 6 },
      { octetDeltaCount: 6 },
      { octetDeltaCount: 8 },
    ]);
    const [first, , again] = collected.templates;
    expect(again!.template).toBe(first!.template);
  });

  it.each<[string, string, Uint8Array]>([
    ['message-header-truncated', 'a header that is cut off', v9({}).subarray(0, 19)],
    ['set-length-invalid', 'a set shorter than its header', v9({}, octets(u16(256), u16(3), 1))],
    [
      'set-beyond-message',
      'a set longer than the message',
      v9({}, set(256, 1, 2), octets(u16(256), u16(9), 1)),
    ],
    ['set-header-truncated', 'half a header of a set', v9({}, set(0), octets(1, 2))],
    ['set-id-reserved', 'a set with a reserved id', v9({}, set(2, 1))],
    ['template-truncated', 'fewer fields than announced', v9({}, set(0, u16(256), u16(2), '0004 0001'))],
    [
      'template-truncated',
      'a part of a field of options',
      v9({}, set(1, u16(256), u16(6), u16(2), u32(9), u32(9))),
    ],
    ['template-id-reserved', 'a template with the id of a set', v9({}, v9Template(255, [4, 1]))],
    ['template-record-empty', 'a template without fields', v9({}, v9Template(256))],
    ['template-unknown', 'data before its template', v9({}, set(256, 1))],
  ])('is reported as %s when it has %s', (reason, _, message) => {
    const { reasons, records } = read(message);
    expect({ reasons, records }).toEqual({ reasons: [reason], records: [] });
  });

  it('loses its earlier template with an id when a broken one replaces it', () => {
    const { reasons } = read(
      v9({}, v9Template(256, [4, 1])),
      v9({}, set(0, u16(256), u16(2), '0004 0001')),
      v9({}, set(256, 6)),
    );
    expect(reasons).toEqual(['template-truncated', 'template-unknown']);
  });

  it('may have options without a scope, at any size', () => {
    const { records } = read(v9({}, v9Options(256, [], [34, 4], [35, 1]), set(256, u32(100), 1)));
    expect(records[0]!.template.scopeFieldCount).toBe(1);
  });

  it('is read within its bounds in a larger buffer', () => {
    const message = v9({}, v9Template(256, [4, 1]), set(256, 17));
    const sets: DataSet[] = [];
    const handler = { data: (found: DataSet) => void sets.push(found), error: () => expect.fail() };
    const bytes = octets('ffff', message, 'ffff');
    const store = new TemplateStore();
    const reader = new MessageReader(handler);
    expect(reader.open(messageFormats['netflow-v9'], bytes, store, 2, 2 + message.length)).toBe(true);
    while (!reader.isDone) reader.readPart();
    expect(reader.header).toMatchObject({ length: message.length });
    expect(sets.map(({ offset, end }) => [offset, end])).toEqual([[38, 39]]);
  });
});
