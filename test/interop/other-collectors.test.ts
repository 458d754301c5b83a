import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { serverProgram } from '../support/built-servers.ts';
import { freePort } from '../support/free-port.ts';
import { completeRecord, startExporter } from '../support/ipfix.ts';
import { loopbackTls } from '../support/loopback-tls.ts';
import { createNamespace, type NetworkNamespace } from '../support/namespace.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const url = (module: string) => JSON.stringify(new URL(module, import.meta.url).href);

const exporters = 20;

/**
 * Twenty exporters that begin at once on a namespace's loopback. Each sends one record as soon as it can,
 * with a source port from 1000 on. Then it sends one with a new template and a source port from 2000 on.
 * Options records may be between them. Returns the number of sent flow records.
 */
async function sendFirstRecords(namespace: NetworkNamespace, hasOptions: boolean): Promise<number> {
  const sent = await namespace.runSource(`
    import { batchOf } from ${url('../../src/flow/index.ts')};
    import { completeRecord, startExporter } from ${url('../support/ipfix.ts')};
    import { until } from ${url('../support/until.ts')};
    const counts = Array.from({ length: ${exporters} }, async (_, i) => {
      const address = { protocol: 'udp', host: '127.0.0.1', port: 4739 };
      const optionsRecords = ${hasOptions} ? { statisticsIntervalMs: 50 } : undefined;
      const { exporter } = await startExporter(address, { observationDomainId: i + 1, optionsRecords });
      const record = { ...completeRecord('agent', 4), sourceIP: '10.1.3.4', sourceTransportPort: 1000 + i };
      exporter.send(batchOf([record]));
      await until('the record to leave', () => exporter.account.sent === 1);
      exporter.send(batchOf([{ ...record, flowId: undefined, sourceTransportPort: 2000 + i }]));
      await exporter.stop(5_000);
      return exporter.account.sent;
    });
    console.log((await Promise.all(counts)).reduce((sum, count) => sum + count, 0));
  `);
  return Number(sent);
}

const among = [
  { title: 'by themselves', hasOptions: false },
  { title: 'among options records', hasOptions: true },
];
const allPorts = [1000, 2000].flatMap((first) => Array.from({ length: exporters }, (_, i) => first + i));
const numbers = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map((match) => Number(match[1])))].sort((a, b) => a - b);

/** The source ports of the records that a goflow2 with four workers understands. */
async function portsInGoflow2(hasOptions: boolean): Promise<number[]> {
  await using namespace = await createNamespace('goflow2');
  await using goflow2 = namespace.start([
    serverProgram('goflow2'),
    ...['-listen', 'netflow://127.0.0.1:4739/?count=1&workers=4'],
    ...['-format', 'json', '-addr', '127.0.0.1:8080'],
  ]);
  await goflow2.says(/starting collection/);
  await until('it to listen', async () => (await namespace.run(['ss', '-Huln'])).includes(':4739'));
  expect(await sendFirstRecords(namespace, hasOptions)).toBe(allPorts.length);
  const ports = () => numbers(goflow2.stdout, /"src_addr":"10\.1\.3\.4".*?"src_port":(\d+)/g);
  await until('all records', () => ports().length === allPorts.length).catch(() => {}); // some may be lost
  return ports();
}

requires('namespaces', 'goflow2')('records over UDP in goflow2', () => {
  it.each(among)(
    'are all understood, including the first ones, by any of its workers, $title',
    async ({ hasOptions }) => {
      let ports: number[] = [];
      // A busy machine may hold a worker back for longer than a template is ahead of its records.
      for (let attempt = 1; attempt <= 3 && ports.length < allPorts.length; attempt++)
        ports = await portsInGoflow2(hasOptions);
      expect(ports).toEqual(allPorts);
    },
  );
});

requires('namespaces', 'nfcapd')('records over UDP in nfdump', () => {
  it.each(among)('are all understood, including the first ones, $title', async ({ hasOptions }) => {
    await using namespace = await createNamespace('nfdump');
    using directory = new TemporaryDirectory();
    await using nfcapd = namespace.start(['nfcapd', '-w', directory.path, '-b', '127.0.0.1', '-p', '4739']);
    await until('it to listen', async () => (await namespace.run(['ss', '-Huln'])).includes(':4739'));
    expect(await sendFirstRecords(namespace, hasOptions)).toBe(2 * exporters);
    const { stderr } = await nfcapd.stop();
    expect(stderr).toContain(`Flows: ${2 * exporters},`);
    expect(stderr).toContain('Bad Packets: 0');
    // nfcapd leaves options records out of the sequence numbers, against RFC 7011 section 3.1.
    if (!hasOptions) expect(stderr).toContain('Sequence Errors: 0,');
    const flows = await namespace.run(['nfdump', '-R', directory.path, '-q', '-o', 'fmt:%sa %sp.']);
    expect(numbers(flows, /10\.1\.3\.4 +(\d+)/g)).toEqual(allPorts);
  });
});

requires('namespaces', 'nfacctd')('records over UDP in pmacct', () => {
  it.each(among)('are all understood, including the first ones, $title', async ({ hasOptions }) => {
    await using namespace = await createNamespace('pmacct');
    using directory = new TemporaryDirectory();
    const configuration = directory.file('nfacctd.conf');
    writeFileSync(
      configuration,
      `daemonize: false
nfacctd_ip: 127.0.0.1
nfacctd_port: 4739
plugins: print
print_refresh_time: 1
print_output: csv
aggregate: src_host, src_port
`,
    );
    await using nfacctd = namespace.start(['nfacctd', '-f', configuration]);
    await until('it to listen', async () => (await namespace.run(['ss', '-Huln'])).includes(':4739'));
    expect(await sendFirstRecords(namespace, hasOptions)).toBe(2 * exporters);
    const ports = () => numbers(nfacctd.stdout, /10\.1\.3\.4,(\d+)/g);
    await until('all records', () => ports().length === 2 * exporters);
    expect(ports()).toEqual(allPorts);
  });
});

requires('openssl')('secured records as JSON in openssl', () => {
  it.each([
    ['tls', ''],
    ['dtls', '-dtls1_2'],
  ] as const)(
    'are all readable, in a session whose two ends show a certificate: %s',
    async (protocol, option) => {
      using directory = new TemporaryDirectory();
      const port = await freePort();
      const { caFile, certFile, keyFile } = loopbackTls;
      const files = `-cert ${certFile} -key ${keyFile} -CAfile ${caFile}`;
      // The server ends with its standard input, so it reads a pipe that this shell keeps open for writing.
      const input = directory.file('input');
      await using server = new Program([
        'sh',
        '-c',
        `mkfifo ${input}; exec 3<>${input}; exec openssl s_server -accept 127.0.0.1:${port} ${option} ${files} -Verify 1 -verify_return_error -quiet <&3`,
      ]);
      const address = { protocol, host: '127.0.0.1', port } as const;
      const json = { records: 'aggregated', format: 'JSON', tls: loopbackTls } as const;
      await using sending = await startExporter(address, {
        ...json,
        reconnectMs: { least: 20, greatest: 50 },
      });
      const flows = Array.from({ length: 20 }, (_, i) => completeRecord('aggregated', 4, i + 1));
      sending.exporter.send(batchOf(flows));
      const lines = () => server.stdout.split('\n').slice(0, -1);
      await until('all records', () => lines().length === flows.length);
      expect(lines().map((line) => JSON.parse(line).ipfix.sourceIPv4Address)).toEqual(
        flows.map(({ sourceIP }) => sourceIP),
      );
      expect(sending.exporter.account.toJSON()).toMatchObject({ sent: 20, dropped: {}, held: 0 });
    },
  );
});
