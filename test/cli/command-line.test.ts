import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { everyCommand, weirProgram } from '../../src/cli/program.ts';
import { batchOf } from '../../src/flow/index.ts';
import { ExportingProcess } from '../../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { run } from '../support/program.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { concat, ipfixMessage, pcap, udp } from './capture/capture-builder.ts';
import { startWeir, weir, weirCommand } from './weir.ts';

const commands = everyCommand(await weirProgram()).filter((command) => command.commands.length === 0);
const fullName = (command: (typeof commands)[number]): string =>
  [command.parent?.parent ? command.parent.name() : '', command.name()].join(' ').trim();
const broken = (name: string) => new URL(`config/broken/${name}.conf`, import.meta.url).pathname;
const json = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('every command', () => {
  it.each(commands.map((command) => [fullName(command), command] as const))(
    'has help with an example: weir %s',
    (_, command) => {
      let help = '';
      const writeOut = (text: string) => {
        help += text;
      };
      command.configureOutput({ writeOut }).outputHelp();
      expect(help).toMatch(/\nExamples?:\n {2}weir /);
      expect(command.description()).not.toBe('');
    },
  );
});

describe('the exit status', () => {
  it.each([
    [0, ['--version']],
    [0, ['flows', '--help']],
    [2, ['flow']],
    [2, ['flows', '--port', '99999']],
    [2, ['flows', '--dst', '192.0.2.20:htps']],
    [2, ['flows', '--min-octets', '1 XB']],
    [2, ['flows', '--where', 'port=']],
    [2, ['flows', '--from', 'loki', '--where', 'sourceWorkload=shop/web']],
    [2, ['logsql', '--where', 'not destinationWorkload=shop/web']],
    [2, ['flows', '-o', 'xml']],
    [2, ['agent']],
    [2, ['agent', '--config', broken('unknown-key')]],
    [2, ['aggregator', '--config', '/nowhere/weir.yaml']],
    [1, ['flows', '--server', 'http://127.0.0.1:9']],
    [1, ['flows', '--from', 'loki', '--server', 'http://127.0.0.1:9']],
    [2, ['flows', '--from', 'loki', '--server', 'loki']],
    [2, ['flows', '--from', 'loki', '--headers-file', '/nowhere/headers']],
    [2, ['flows', '--tenant', 'team-a']],
    [1, ['flows', '--from', 'victorialogs', '--server', 'http://127.0.0.1:9']],
    [2, ['flows', '--from', 'victorialogs', '--server', 'http://name:password@127.0.0.1:9']],
    [2, ['flows', '--from', 'victorialogs', '--tenant', 'team-a']],
    [2, ['logql', '--type', 'sideways']],
    [2, ['logsql', '--port', 'htp']],
    [1, ['decode', '/nowhere/capture.pcap']],
    [2, ['config', 'check', broken('several-at-once')]],
  ] as const)('is %i for weir %j', async (status, args) => {
    const { code, stdout, stderr } = await weir(...args);
    expect(code, stderr).toBe(status);
    if (status !== 0) expect([stdout, stderr === '']).toEqual(['', false]);
  });

  it('is 3 for a valid configuration that cannot be started yet', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('aggregator.yaml');
    const caFile = directory.file('ca.crt');
    writeFileSync(file, `tls: { caFile: ${caFile} }\nweir: { http: { listen: 127.0.0.1:0 } }\n`);
    const check = await weir('config', 'check', file);
    expect([check.code, check.stdout]).toEqual([
      3,
      `note: ${file}: tls: TLS needs certificates, and ${caFile} is not there\n` +
        '  Make them: "weir certs init" on the host of the aggregator, "weir certs issue NAME" there for each agent. Or use tcp.\n' +
        `${file}: a valid aggregator configuration, which cannot be started yet\n`,
    ]);
    const start = await weir('aggregator', '--config', file);
    expect(start.code).not.toBe(0);
    expect(start.stderr).toMatch(/ca\.crt is not there\n {2}Make them: "weir certs init"/);
  });
});

describe('weir decode', () => {
  it('prints records to standard output and faults to standard error, and exits with 1', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('capture.pcap');
    writeFileSync(file, pcap([udp(ipfixMessage(2, [7], false)), udp(ipfixMessage(0, [1500]))]));
    const { code, stdout, stderr } = await weir('decode', file, '-o', 'json');
    expect(code).toBe(1);
    expect(json(stdout)).toEqual([
      {
        exportTime: '2023-11-14T22:13:20Z',
        exporter: '192.0.2.1:40000',
        transport: 'udp',
        version: 10,
        observationDomainId: 1,
        sequenceNumber: 0,
        templateId: 256,
        scopeFieldCount: 0,
        fields: { protocolIdentifier: 6, octetDeltaCount: 1500 },
      },
    ]);
    expect(json(stderr)).toEqual([
      {
        file,
        packet: 1,
        exporter: '192.0.2.1:40000',
        sequenceNumber: 2,
        domain: 1,
        offset: 20,
        setId: 256,
        templateId: 256,
        reason: 'template-unknown',
        text: '5 octets of records arrived before template 256',
      },
      { file, summary: { messages: 2, records: 1, undecodable: { 'template-unknown': 1 } } },
    ]);
  });

  it('ends quietly when its reader closes the pipe', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('messages.ipfix');
    const many = Array.from({ length: 20_000 }, (_, i) => ipfixMessage(i * 10, Array(10).fill(i), i === 0));
    writeFileSync(file, concat(...many.slice(0, 4_000)));
    const command = weirCommand('decode', file, '-o', 'json').join(' ');
    const status = await run(['bash', '-c', `${command} | head -n 1 >&2; echo "\${PIPESTATUS[0]}"`]);
    expect(status).toBe('0\n');
  });
});

describe('weir logql', () => {
  it('prints the query of its filters', async () => {
    const { code, stdout, stderr } = await weir('logql', '--action', 'drop', '--node', 'node-1');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`{service_name="weir-flows", verdict=~"Drop|Reject"}
  | sourceNodeName="node-1" or destinationNodeName="node-1"
  | ingressNetworkPolicyRuleAction="Drop" or egressNetworkPolicyRuleAction="Drop"
`);
  });

  it('prints it for the line layout of a configuration', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('aggregator.yaml');
    const sink = '{ url: "http://loki.example", labels: [node], staticLabels: { service_name: flows } }';
    writeFileSync(file, `aggregatorTransportProtocol: tcp\nweir: { sinks: [{ loki: ${sink} }] }\n`);
    const { stdout } = await weir('logql', '--config', file, '--node', '!node-1', '--action', '!drop');
    expect(stdout.split('\n')[0]).toBe('{service_name="flows", node!="node-1"}');
    writeFileSync(file, 'aggregatorTransportProtocol: tcp\n');
    const without = await weir('logql', '--config', file);
    expect([without.code, without.stderr]).toEqual([
      2,
      expect.stringContaining('expected a sink loki under weir.sinks'),
    ]);
  });
});

describe('weir logsql', () => {
  it('prints the query of its filters', async () => {
    const { code, stdout, stderr } = await weir('logsql', '--action', 'drop', '--node', 'node-1');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`{service_name="weir-flows", verdict=~"Drop|Reject"}
  (sourceNodeName:="node-1" or destinationNodeName:="node-1")
  (ingressNetworkPolicyRuleAction:="Drop" or egressNetworkPolicyRuleAction:="Drop")
`);
  });

  it('prints it for the line layout of a configuration', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('aggregator.yaml');
    const victoriaLogs =
      '{ url: "http://logs.example", streamFields: [node], staticFields: { service_name: flows }, fields: [] }';
    const loki = '{ url: "http://loki.example", staticLabels: { service_name: other } }';
    writeFileSync(
      file,
      `aggregatorTransportProtocol: tcp\nweir: { sinks: [{ loki: ${loki} }, { victoriaLogs: ${victoriaLogs} }] }\n`,
    );
    const { stdout } = await weir('logsql', '--config', file, '--node', '!node-1');
    expect(stdout).toBe(`{service_name="flows", node!="node-1"}
  | unpack_logfmt fields (sourceNodeName, destinationNodeName)
  | filter !sourceNodeName:="node-1"
  | filter !destinationNodeName:="node-1"
`);
    writeFileSync(file, `aggregatorTransportProtocol: tcp\nweir: { sinks: [{ loki: ${loki} }] }\n`);
    const without = await weir('logsql', '--config', file);
    expect([without.code, without.stderr]).toEqual([
      2,
      expect.stringContaining('expected a sink victoriaLogs under weir.sinks'),
    ]);
  });
});

describe('weir collect', () => {
  it('prints incoming records, drains on Ctrl-C and prints a balanced ledger', async () => {
    await using collect = startWeir(['collect', '--listen', 'tcp://127.0.0.1:0', '-o', 'json']);
    const [, port] = await collect.says(/listens on tcp:\/\/127\.0\.0\.1:(\d+)/);
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(concat(ipfixMessage(0, [1, 2]), ipfixMessage(2, [3])));
    await until('three records', () => json(collect.stdout).length === 3);
    const { code, stdout, stderr } = await collect.stop('SIGINT');
    expect(json(stdout).map(({ fields }) => fields.octetDeltaCount)).toEqual([1, 2, 3]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^output +records +3 +3 +0 +0 +yes$/m);
    expect(stderr).not.toContain(' NO');
  });
});

describe('weir aggregator', () => {
  it('receives IPFIX, writes to its sinks, answers weir flows, and drains on SIGTERM', async () => {
    using directory = new TemporaryDirectory();
    const [file, lines] = [directory.file('aggregator.yaml'), directory.file('flows.jsonl')];
    writeFileSync(
      file,
      `activeFlowRecordTimeout: 1s
weir:
  listen: ["tcp://127.0.0.1:0"]
  http: { listen: "127.0.0.1:0" }
  metrics: { listen: "127.0.0.1:0" }
  sinks:
    - jsonLines: { path: ${lines} }
      filter: { port: 443 }
`,
    );
    await using aggregator = startWeir(['aggregator', '--config', file]);
    const [, port] = await aggregator.says(/listens on tcp:\/\/127\.0\.0\.1:(\d+)/);
    const [, server] = await aggregator.says(/http: answers on (http:\S+)/);
    await using follow = startWeir(['flows', '--server', server!, '--follow', '--port', '53', '-o', 'csv']);
    await follow.says(/^flowStartMilliseconds,/);
    await sendFlows(Number(port));
    await follow.says(/,10\.0\.0\.1,10\.0\.0\.2,40000,53,UDP,17,/);
    const { signal } = await follow.stop('SIGINT');
    expect(signal).toBe('SIGINT');

    const shown = await until('the flows', async () => {
      const { stdout } = await weir('flows', '--server', server!, '--since', '1m', '-o', 'json');
      return json(stdout).length >= 2 ? json(stdout) : undefined;
    });
    expect(shown.map(({ destinationTransportPort }) => destinationTransportPort).toSorted()).toEqual([
      443, 53,
    ]);
    const filtered = await weir('flows', '--server', server!, '--proto', 'udp', '-o', 'compact');
    expect(filtered.stdout).toContain('UDP 10.0.0.1:40000 -> 10.0.0.2:dns 53 B / ');

    const [, metrics] = await aggregator.says(/metrics: answers on (http:\S+)/);
    for (const url of [metrics, server]) {
      const text = await (await fetch(`${url}/metrics`)).text();
      expect(text).toMatch(/^weir_flow_workload_bytes_total\{.*source_workload="node-a".*\} 496$/m);
    }

    const { code, stderr } = await aggregator.stop('SIGTERM');
    expect([code, stderr.includes(' NO')]).toEqual([0, false]);
    const written = json(readFileSync(lines, 'utf8'));
    expect(new Set(written.map(({ destinationTransportPort }) => destinationTransportPort))).toEqual(
      new Set([443]),
    );
  });

  it('waits until an absent collector accepts its records, and stops immediately at the second signal', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('aggregator.yaml');
    writeFileSync(
      file,
      `activeFlowRecordTimeout: 1s
weir:
  listen: ["tcp://127.0.0.1:0"]
  http: { listen: "127.0.0.1:0" }
  sinks: [{ ipfix: { address: "127.0.0.1:9:tcp" } }]
`,
    );
    await using aggregator = startWeir(['aggregator', '--config', file]);
    const [, port] = await aggregator.says(/listens on tcp:\/\/127\.0\.0\.1:(\d+)/);
    await sendFlows(Number(port));
    const asked = performance.now();
    aggregator.process.kill('SIGINT');
    aggregator.process.kill('SIGINT'); // the same key, passed on by npm as well
    await until('a later key', () => performance.now() - asked > 1_000);
    expect(aggregator.running).toBe(true);
    const { code } = await aggregator.stop('SIGINT');
    expect(code).toBe(130);
  });
});

/** Two flows by a real exporter. */
async function sendFlows(port: number): Promise<void> {
  const exporter = new ExportingProcess({
    address: { host: '127.0.0.1', port, protocol: 'tcp' },
    records: 'agent',
    observationDomainId: 1,
    clock: systemClock,
    ledger: new Ledger(),
    log: new Log(systemClock, () => {}),
  });
  await exporter.start();
  const now = Date.now();
  exporter.send(
    batchOf(
      [443, 53].map((destinationTransportPort) => ({
        flowStartMilliseconds: now - 500,
        flowEndMilliseconds: now,
        flowEndReason: 3,
        sourceIP: '10.0.0.1',
        destinationIP: '10.0.0.2',
        sourceTransportPort: 40000,
        destinationTransportPort,
        protocolIdentifier: destinationTransportPort === 53 ? 17 : 6,
        octetTotalCount: destinationTransportPort,
        octetDeltaCount: destinationTransportPort,
        packetTotalCount: 1,
        packetDeltaCount: 1,
        flowType: 3,
        sourceNodeName: 'node-a',
      })),
    ),
  );
  await exporter.stop(5_000);
}
