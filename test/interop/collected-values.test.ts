import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { serverProgram } from '../support/built-servers.ts';
import { startExporter } from '../support/ipfix.ts';
import { createNamespace, type NetworkNamespace } from '../support/namespace.ts';
import { run } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/* What other collectors report of one record of each family: every number that they show. */

const url = (module: string) => JSON.stringify(new URL(module, import.meta.url).href);

const startText = '2026-01-02 03:04:05.678';
const endText = '2026-01-02 03:05:06.789';
const timeOf = (text: string) => Date.parse(`${text.replace(' ', 'T')}Z`);

const ipv4 = {
  sourceIP: '10.1.3.4',
  destinationIP: '10.1.3.5',
  sourceTransportPort: 40_000,
  destinationTransportPort: 443,
  protocolIdentifier: 6,
  octetDeltaCount: 2 ** 33 + 1,
  packetDeltaCount: 2 ** 32 + 3,
  octetTotalCount: 2 ** 34 + 5,
  packetTotalCount: 2 ** 33 + 7,
  reverseOctetDeltaCount: 2 ** 33 + 9,
  reversePacketDeltaCount: 2 ** 32 + 11,
  reverseOctetTotalCount: 2 ** 34 + 13,
  reversePacketTotalCount: 2 ** 33 + 15,
  flowStartMilliseconds: timeOf(startText),
  flowEndMilliseconds: timeOf(endText),
  tcpControlBits: 0x1b,
  flowEndReason: 3,
};
const ipv6 = { ...ipv4, sourceIP: '2001:db8::4', destinationIP: '2001:db8::5' };
const records = [ipv4, ipv6] as const;

async function isListening(namespace: NetworkNamespace): Promise<void> {
  await until('it to listen', async () => (await namespace.run(['ss', '-Huln'])).includes(':4739'));
}

/** Exports both records over UDP, on the namespace's loopback. */
async function sendRecords(namespace: NetworkNamespace): Promise<void> {
  await namespace.runSource(`
    import { batchOf } from ${url('../../src/flow/index.ts')};
    import { startExporter } from ${url('../support/ipfix.ts')};
    import { until } from ${url('../support/until.ts')};
    const { exporter } = await startExporter({ protocol: 'udp', host: '127.0.0.1', port: 4739 });
    exporter.send(batchOf(${JSON.stringify(records)}));
    await until('the records to leave', () => exporter.account.sent === ${records.length});
    await exporter.stop(5_000);
  `);
}

requires('namespaces', 'goflow2')('a record in goflow2', () => {
  it('has the sent addresses, ports, octets, packets, times and TCP flags', async () => {
    await using namespace = await createNamespace('goflow2');
    await using goflow2 = namespace.start([
      serverProgram('goflow2'),
      ...['-listen', 'netflow://127.0.0.1:4739/?count=1&workers=1'],
      ...['-format', 'json', '-addr', '127.0.0.1:8080'],
    ]);
    await goflow2.says(/starting collection/);
    await isListening(namespace);
    await sendRecords(namespace);
    const lines = () => goflow2.stdout.split('\n').filter((line) => line.includes('"src_addr":'));
    await until('both records', () => lines().length === records.length);
    // JSON of 19 digits: nanoseconds are compared as text.
    const expected = records.map((record) => [
      `"time_flow_start_ns":${record.flowStartMilliseconds}000000,"time_flow_end_ns":${record.flowEndMilliseconds}000000`,
      `"bytes":${record.octetDeltaCount},"packets":${record.packetDeltaCount}`,
      `"src_addr":"${record.sourceIP}","dst_addr":"${record.destinationIP}"`,
      `"src_port":${record.sourceTransportPort},"dst_port":${record.destinationTransportPort}`,
      `"proto":"TCP"`,
      `"tcp_flags":${record.tcpControlBits}`,
    ]);
    for (const [i, parts] of expected.entries()) for (const part of parts) expect(lines()[i]).toContain(part);
  });
});

requires('namespaces', 'nfcapd')('a record in nfdump', () => {
  it('has the sent addresses, ports, octets, packets, times and TCP flags, in both directions', async () => {
    await using namespace = await createNamespace('nfdump');
    using directory = new TemporaryDirectory();
    await using nfcapd = namespace.start(['nfcapd', '-w', directory.path, '-b', '127.0.0.1', '-p', '4739']);
    await isListening(namespace);
    await sendRecords(namespace);
    await nfcapd.stop();
    const text = await run(['nfdump', '-R', directory.path, '-q', '-o', 'json'], {
      environment: { TZ: 'UTC' },
    });
    const flows = JSON.parse(text.trim().startsWith('[') ? text : `[${text}]`);
    expect(flows).toMatchObject(
      records.map((record) => {
        const [source, destination] =
          record === ipv4 ? ['src4_addr', 'dst4_addr'] : ['src6_addr', 'dst6_addr'];
        return {
          [source!]: record.sourceIP,
          [destination!]: record.destinationIP,
          src_port: record.sourceTransportPort,
          dst_port: record.destinationTransportPort,
          proto: record.protocolIdentifier,
          in_bytes: record.octetDeltaCount,
          in_packets: record.packetDeltaCount,
          out_bytes: record.reverseOctetDeltaCount,
          out_packets: record.reversePacketDeltaCount,
          first: startText.replace(' ', 'T'),
          last: endText.replace(' ', 'T'),
          tcp_flags: '...AP.SF',
        };
      }),
    );
  });
});

requires('namespaces', 'nfacctd')('a record in pmacct', () => {
  it('has the sent addresses, ports, octets, packets and times', async () => {
    await using namespace = await createNamespace('pmacct');
    using directory = new TemporaryDirectory();
    const configuration = directory.file('nfacctd.conf');
    const lines = [
      'daemonize: false',
      'nfacctd_ip: 127.0.0.1',
      'nfacctd_port: 4739',
      'plugins: print',
      'print_refresh_time: 1',
      'print_output: json',
      'timestamps_utc: true',
      'aggregate: src_host, dst_host, src_port, dst_port, proto, timestamp_start, timestamp_end',
    ];
    writeFileSync(configuration, `${lines.join('\n')}\n`);
    await using nfacctd = namespace.start(['nfacctd', '-f', configuration]);
    await isListening(namespace);
    await sendRecords(namespace);
    const flows = () => nfacctd.stdout.split('\n').filter((line) => line.includes('"ip_src"'));
    await until('both records', () => flows().length === records.length);
    const seen = flows().map((line) => JSON.parse(line));
    expect(seen.toSorted((a, b) => a.ip_src.length - b.ip_src.length)).toMatchObject(
      records.map((record) => ({
        ip_src: record.sourceIP,
        ip_dst: record.destinationIP,
        port_src: record.sourceTransportPort,
        port_dst: record.destinationTransportPort,
        ip_proto: 'tcp',
        bytes: record.octetDeltaCount,
        packets: record.packetDeltaCount,
        timestamp_start: `${startText}000`,
        timestamp_end: `${endText}000`,
      })),
    );
  });
});

/** ipfixDump writes four digits of each group of IPv6. */
const dumpedAddress = (address: string) =>
  address.includes(':') ? address.replaceAll(/[\da-f]+/g, (group) => group.padStart(4, '0')) : address;

requires('ipfixDump')('a record in libfixbuf', () => {
  it('has the sent value of each element of IANA, and of each reverse element', async () => {
    using directory = new TemporaryDirectory();
    const chunks: Buffer[] = [];
    const server = createServer((socket) => void socket.on('data', (octets) => chunks.push(octets)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { exporter } = await startExporter({ protocol: 'tcp', host: '127.0.0.1', port });
    exporter.send(batchOf([...records]));
    await until('the records to leave', () => exporter.account.sent === records.length);
    await exporter.stop(5_000);
    server.close();
    const path = directory.file('messages.ipfix');
    writeFileSync(path, Buffer.concat(chunks));
    const dump = await run(['ipfixDump', '--in', path, '--data'], { environment: { TZ: 'UTC' } });
    const dumped = dump.split('--- data record').slice(1);
    const seen = dumped.map((text) =>
      Object.fromEntries(
        Array.from(text.matchAll(/^\t\([\d/]+\) +(\w+) : (.*)$/gm), ([, name, value]) => [name, value]),
      ),
    );
    expect(seen).toMatchObject(
      records.map((record) => {
        const {
          sourceIP,
          destinationIP,
          flowStartMilliseconds: _,
          flowEndMilliseconds: __,
          ...numbers
        } = record;
        const family = record === ipv4 ? 'IPv4' : 'IPv6';
        return {
          ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, `${value}`])),
          [`source${family}Address`]: dumpedAddress(sourceIP),
          [`destination${family}Address`]: dumpedAddress(destinationIP),
          flowStartMilliseconds: startText,
          flowEndMilliseconds: endText,
          flowStartSeconds: startText.split('.')[0],
          flowEndSeconds: endText.split('.')[0],
        };
      }),
    );
  });
});
