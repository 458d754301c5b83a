import { describe, expect, it } from 'vitest';
import type { ExportProtocol } from '../../../src/ipfix/export-protocol.ts';
import { TemplateStore } from '../../../src/ipfix/wire/index.ts';
import { Collected } from '../../support/ipfix-collected.ts';
import { octets, u32 } from '../../support/ipfix-octets.ts';
import { v1, v1Record, v5, v5Record, v7, v7Record } from '../../support/netflow-octets.ts';

const readAs = (protocol: ExportProtocol, ...messages: Uint8Array[]) =>
  new Collected(new TemplateStore(), protocol).read(...messages);
const read = (...messages: Uint8Array[]) => readAs('netflow-v5', ...messages);

describe('a message of NetFlow v5', () => {
  it('has its header, and its records with element names of IPFIX', () => {
    const { headers, fields, errors } = read(
      v5({ nanoseconds: 250_000_000, sequence: 77, sampling: 0x4064 }, v5Record(), v5Record({ octets: 1 })),
    );
    expect(errors).toEqual([]);
    expect(headers).toEqual([
      {
        length: 24 + 2 * 48,
        exportTimeSeconds: 1_700_000_000.25,
        sequenceNumber: 77,
        domain: 0x0102,
        netflow: { version: 5, uptimeMs: 1_000_000, announcedRecords: 2, samplingInterval: 100 },
      },
    ]);
    expect(fields).toHaveLength(2);
    expect(fields[0]).toEqual({
      sourceIPv4Address: '10.0.0.1',
      destinationIPv4Address: '10.0.0.2',
      ipNextHopIPv4Address: '10.0.0.254',
      ingressInterface: 3,
      egressInterface: 4,
      packetDeltaCount: 10,
      octetDeltaCount: 5_000,
      flowStartSysUpTime: 940_000,
      flowEndSysUpTime: 970_000,
      sourceTransportPort: 40_000,
      destinationTransportPort: 443,
      paddingOctets: ['00', '0000'],
      tcpControlBits: 0x18,
      protocolIdentifier: 6,
      ipClassOfService: 0x20,
      bgpSourceAsNumber: 65_000,
      bgpDestinationAsNumber: 65_001,
      sourceIPv4PrefixLength: 24,
      destinationIPv4PrefixLength: 16,
    });
  });

  it('has only the records that arrived when it announces more', () => {
    const message = v5({ count: 30 }, v5Record(), v5Record(), octets('0a00'));
    const { records, errors } = read(message);
    expect(records).toHaveLength(2);
    expect(errors).toEqual([
      {
        offset: 120,
        domain: 0x0102,
        reason: 'record-truncated',
        text: 'the message announces 30 records, but has only 2',
      },
    ]);
  });

  it('has only the announced records when more octets follow', () => {
    const { records, reasons } = read(v5({ count: 1 }, v5Record(), v5Record()));
    expect(records).toHaveLength(1);
    expect(reasons).toEqual(['trailing-octets']);
  });

  it('is discarded if its header is truncated', () => {
    const { headers, reasons } = read(v5({}).subarray(0, 23));
    expect({ headers, reasons }).toEqual({ headers: [], reasons: ['message-header-truncated'] });
  });
});

/** What `v1Record`, `v5Record` and `v7Record` have in common. */
const common = {
  sourceIPv4Address: '10.0.0.1',
  destinationIPv4Address: '10.0.0.2',
  ipNextHopIPv4Address: '10.0.0.254',
  ingressInterface: 3,
  egressInterface: 4,
  packetDeltaCount: 10,
  octetDeltaCount: 5_000,
  flowStartSysUpTime: 940_000,
  flowEndSysUpTime: 970_000,
  sourceTransportPort: 40_000,
  destinationTransportPort: 443,
  tcpControlBits: 0x18,
  protocolIdentifier: 6,
  ipClassOfService: 0x20,
};

describe('a message of NetFlow v7', () => {
  it('has the record of v5, whose last octets it does not read', () => {
    const { headers, fields, errors } = readAs('netflow-v7', v7({ sequence: 77 }, v7Record(), v7Record()));
    expect(errors).toEqual([]);
    expect(headers).toEqual([
      {
        length: 24 + 2 * 52,
        exportTimeSeconds: 1_700_000_000,
        sequenceNumber: 77,
        domain: 0,
        netflow: { version: 7, uptimeMs: 1_000_000, announcedRecords: 2, samplingInterval: 0 },
      },
    ]);
    expect(fields).toHaveLength(2);
    expect(fields[1]).toEqual({
      ...common,
      paddingOctets: ['00', '00000a0000fd'],
      bgpSourceAsNumber: 65_000,
      bgpDestinationAsNumber: 65_001,
      sourceIPv4PrefixLength: 24,
      destinationIPv4PrefixLength: 16,
    });
  });
});

describe('a message of NetFlow v1', () => {
  it('has a record without networks, and no sequence number', () => {
    const { headers, fields, errors } = readAs('netflow-v1', v1({}, v1Record(), v1Record({ octets: 7 })));
    expect(errors).toEqual([]);
    expect(headers).toEqual([
      {
        length: 16 + 2 * 48,
        exportTimeSeconds: 1_700_000_000,
        sequenceNumber: 0,
        domain: 0,
        netflow: { version: 1, uptimeMs: 1_000_000, announcedRecords: 2, samplingInterval: 0 },
      },
    ]);
    expect(fields).toEqual([
      { ...common, paddingOctets: ['0000', '00'.repeat(7)] },
      { ...common, paddingOctets: ['0000', '00'.repeat(7)], octetDeltaCount: 7 },
    ]);
  });

  it('has the same records if its exporter pads each to 52 octets', () => {
    const padded = [v1Record({ octets: 7 }), v1Record({ octets: 8 })].map((record) => octets(record, u32(0)));
    const { fields, errors } = readAs('netflow-v1', v1({}, ...padded));
    expect(errors).toEqual([]);
    expect(fields).toMatchObject([
      { ...common, octetDeltaCount: 7 },
      { ...common, octetDeltaCount: 8 },
    ]);
  });

  it('is discarded if its header is truncated', () => {
    expect(readAs('netflow-v1', v1({}).subarray(0, 15)).reasons).toEqual(['message-header-truncated']);
  });
});
