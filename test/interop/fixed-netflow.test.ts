import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readIpfixFile } from '../../src/cli/capture/index.ts';
import { dataRecordToJson, readExportedSets, readRecords } from '../../src/ipfix/index.ts';
import { pcap, udp } from '../cli/capture/capture-builder.ts';
import { v1, v1Record, v5, v5Record, v7, v7Record } from '../support/netflow-octets.ts';
import { run } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

/** tshark's names for the elements of the records. */
const names: Readonly<Record<string, string>> = {
  sourceIPv4Address: 'cflow.srcaddr',
  destinationIPv4Address: 'cflow.dstaddr',
  ipNextHopIPv4Address: 'cflow.nexthop',
  ingressInterface: 'cflow.inputint',
  egressInterface: 'cflow.outputint',
  packetDeltaCount: 'cflow.packets',
  octetDeltaCount: 'cflow.octets',
  sourceTransportPort: 'cflow.srcport',
  destinationTransportPort: 'cflow.dstport',
  tcpControlBits: 'cflow.tcpflags',
  protocolIdentifier: 'cflow.protocol',
  ipClassOfService: 'cflow.tos',
  bgpSourceAsNumber: 'cflow.srcas',
  bgpDestinationAsNumber: 'cflow.dstas',
  sourceIPv4PrefixLength: 'cflow.srcmask',
  destinationIPv4PrefixLength: 'cflow.dstmask',
};

/** Of version, and of the header where a version has it. */
const headerNames = ['cflow.version', 'cflow.sequence', 'cflow.samplerate'];

/** A number without its zeros before it and its 0x; an address as it is. */
const plainText = (text: string): string => (text.includes('.') ? text : String(Number(text)));

requires('tshark')('NetFlow of the versions without templates', () => {
  it("has tshark's values in every field", async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('netflow.pcap');
    const header = { sequence: 4_000_000_000, seconds: 1_700_000_000, nanoseconds: 5 };
    const messages = [
      v1(header, v1Record(), v1Record({ packets: 2 ** 32 - 1, octets: 3_000_000_000 })),
      v5({ ...header, sampling: 0x4064 }, v5Record({ sourcePort: 65_535 }), v5Record()),
      v7(header, v7Record({ octets: 1 }), v7Record({ packets: 7 })),
    ];
    writeFileSync(file, pcap(messages.map((message) => udp(message, 2055))));
    const fields = [...headerNames, ...Object.values(names)].flatMap((name) => ['-e', name]);
    const theirs = await run([
      'tshark',
      '-n',
      '-r',
      file,
      '-d',
      'udp.port==2055,cflow',
      '-T',
      'fields',
      ...fields,
    ]);
    const ours: string[] = [];
    for await (const captured of readIpfixFile(file)) {
      if (!('session' in captured)) throw new Error(`not read: ${JSON.stringify(captured)}`);
      const { session, octets } = captured;
      const fail = (error: unknown) => expect.fail(JSON.stringify(error));
      for (const set of readExportedSets(session.exportProtocol, octets, session.templates, {
        error: fail,
      })) {
        const { sequenceNumber, netflow } = set.header;
        const records = [...readRecords(set, session.templates, fail)].map(dataRecordToJson);
        const columns = Object.keys(names).map((name) =>
          records.flatMap((record) => (name in record ? String(record[name]) : [])).join(','),
        );
        const { version, samplingInterval } = netflow!;
        ours.push(
          [
            version,
            version === 1 ? '' : sequenceNumber,
            version === 5 ? samplingInterval : '',
            ...columns,
          ].join('\t'),
        );
      }
    }
    const lines = theirs
      .trimEnd()
      .split('\n')
      .map((line) =>
        line
          .split('\t')
          .map((cell) => cell.split(',').filter(Boolean).map(plainText).join(','))
          .join('\t'),
      );
    expect(ours).toHaveLength(3);
    expect(ours).toEqual(lines);
  });
});
