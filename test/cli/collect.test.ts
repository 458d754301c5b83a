import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { startExporter } from '../support/ipfix.ts';
import { set, u32 } from '../support/ipfix-octets.ts';
import { v5, v5Record, v9, v9Template } from '../support/netflow-octets.ts';
import { counterSample, ethernet, flowSample, ipv4, rawHeader, sflow } from '../support/sflow-octets.ts';
import { ipfixMessage } from './capture/capture-builder.ts';
import { startWeir } from './weir.ts';

describe('weir collect', () => {
  it('prints records of IPFIX, NetFlow and sFlow from one port, each with its version', async () => {
    await using program = startWeir(['collect', '--listen', 'udp://127.0.0.1:0', '-o', 'json']);
    const [, port] = await program.says(/listens on udp:\/\/127\.0\.0\.1:(\d+)/);
    await program.says(/weir: ready/);
    const socket = createSocket('udp4');
    const send = (octets: Uint8Array) => socket.send(octets, Number(port), '127.0.0.1');
    send(v9({ count: 2 }, v9Template(256, [1, 4]), set(256, u32(9))));
    await program.says(/"octetDeltaCount":9/);
    send(v5({ sampling: 0x4064 }, v5Record({ octets: 5 })));
    await program.says(/"octetDeltaCount":5/);
    send(ipfixMessage(0, [10]));
    await program.says(/"octetDeltaCount":10/);
    const beganMs = Date.now();
    send(sflow({}, flowSample({}, rawHeader(ethernet(0x0800, ipv4()))), counterSample));
    await program.says(/"octetDeltaCount":40/);
    socket.close();
    const { code, stdout, stderr } = await program.stop('SIGINT');
    expect(code, stderr).toBe(0);
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records).toMatchObject([
      { version: 9, observationDomainId: 7, templateId: 256, uptimeMilliseconds: 1_000_000 },
      { version: 5, observationDomainId: 0x0102, templateId: 0, samplingInterval: 100 },
      { version: 10, templateId: 256 },
      { sflowVersion: 5, observationDomainId: 3, templateId: 0, uptimeMilliseconds: 1_000_000 },
    ]);
    expect(records[3]).not.toHaveProperty('version');
    expect(Date.parse(records[3].exportTime)).toBeGreaterThan(beganMs - 2_000);
    expect(records[1].fields).not.toHaveProperty('paddingOctets');
    expect(stderr).toMatch(/collector messages +messages +4 +4 +0/);
  });

  it('shows addresses of records without Pod names in a table that fits the terminal', async () => {
    const NODE_OPTIONS = '--import=data:text/javascript,process.stdout.columns=100';
    const listen = ['--listen', 'tcp://127.0.0.1:0'];
    await using program = startWeir(['collect', ...listen], { environment: { NODE_OPTIONS } });
    const [, port] = await program.says(/listens on tcp:\/\/127\.0\.0\.1:(\d+)/);
    await using sending = await startExporter({ protocol: 'tcp', host: '127.0.0.1', port: Number(port) });
    const flow = {
      flowEndMilliseconds: Date.UTC(2026, 0, 31, 10, 0, 1, 250),
      flowEndReason: 2,
      protocolIdentifier: 6,
      sourceTransportPort: 40_000,
      destinationTransportPort: 443,
      octetTotalCount: 1_000,
    };
    const pod = { sourcePodName: 'web-1', sourcePodNamespace: 'shop' };
    sending.exporter.send(
      batchOf([
        { ...flow, sourceIP: '10.0.0.1', destinationIP: '10.0.0.2' },
        { ...flow, sourceIP: '10.0.0.3', destinationIP: '10.0.0.4', ...pod },
        { ...flow, sourceIP: 'fd00::1', destinationIP: 'fd00::2' },
      ]),
    );
    await program.says(/fd00::2/);
    const { stdout } = await program.stop('SIGINT');
    const [header, ...lines] = stdout.trimEnd().split('\n');
    expect(header).toMatch(/^TIME \(UTC\) .* RECORD$/);
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['10:00:01.250', 'TCP', '10.0.0.1:40000', '10.0.0.2:https', '1.00 kB', '-', 'ActiveTimeout'],
      ['10:00:01.250', 'TCP', 'shop/web-1:40000', '10.0.0.4:https', '1.00 kB', '-', 'ActiveTimeout'],
      ['10:00:01.250', 'TCP', '[fd00::1]:40000', '[fd00::2]:https', '1.00 kB', '-', 'ActiveTimeout'],
    ]);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100);
  });

  it('drops and counts lines beyond its buffer while its reader sleeps, at any line length', async () => {
    await using program = startWeir(['collect', '--listen', 'tcp://127.0.0.1:0', '-o', 'json']);
    const [, port] = await program.says(/listens on tcp:\/\/127\.0\.0\.1:(\d+)/);
    await program.says(/weir: ready/);
    program.process.stdout!.pause();
    const socket = connect(Number(port), '127.0.0.1');
    const records = Array(10_000).fill(1);
    const count = 60;
    for (let i = 0; i < count; i++) socket.write(ipfixMessage(i * records.length, records));
    await new Promise<void>((resolve) =>
      socket
        .on('close', () => resolve())
        .resume()
        .end(),
    );
    program.process.stdout!.resume();
    const { code, stderr } = await program.stop('SIGINT');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('output too slow');
    expect(stderr).toMatch(new RegExp(`collector +records +${count * records.length} `));
  });

  it('counts lines as written if its reader had them before it went away, and the rest as dropped', async () => {
    await using program = startWeir(['collect', '--listen', 'tcp://127.0.0.1:0', '-o', 'json']);
    const [, port] = await program.says(/listens on tcp:\/\/127\.0\.0\.1:(\d+)/);
    await program.says(/weir: ready/);
    let text = '';
    program.process.stdout!.on('data', (octets) => {
      text += octets;
      if (text.length > 300_000) program.process.stdout!.destroy();
    });
    const socket = connect(Number(port), '127.0.0.1').resume();
    const count = 32_000;
    for (let i = 0; i < count; i += 8_000) socket.write(ipfixMessage(i, Array(8_000).fill(1)));
    const { code, stderr } = await program.ended;
    socket.destroy();
    expect(code, stderr).toBe(0);
    const [, received, sent, dropped] = /^output +records +(\d+) +(\d+) +(\d+)/m.exec(stderr)!.map(Number);
    // Lines are written 256 at a time: whose last the reader had, it had whole.
    const read = text.split('\n').length - 1;
    expect(sent).toBeGreaterThanOrEqual(read - (read % 256));
    expect(dropped).toBeGreaterThan(0);
    expect(sent! + dropped!).toBe(received);
    expect(stderr).toContain('output closed');
  });
});
