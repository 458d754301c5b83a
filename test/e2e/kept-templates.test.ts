import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startWeir } from '../cli/weir.ts';
import { set, u16, u32 } from '../support/ipfix-octets.ts';
import { v9, v9Template } from '../support/netflow-octets.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/** Source and destination address, ports, protocol, octets and packets of NetFlow v9. */
const flowTemplate = v9Template(256, [8, 4], [12, 4], [7, 2], [11, 2], [4, 1], [1, 4], [2, 4]);
const flow = (port: number) =>
  set(256, [10, 0, 0, 1], [10, 0, 0, 2], u16(port), u16(443), [6], u32(1_000), u32(10));

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

requires('root')('an aggregator whose exporter announces its templates once', () => {
  it('reads all that arrives after a stop and a start, and after kill -9', async () => {
    using directory = new TemporaryDirectory();
    const port = await freeUdpPort();
    const flows = directory.file('flows.jsonl');
    const config = directory.file('aggregator.yaml');
    writeFileSync(
      config,
      `activeFlowRecordTimeout: 1s
inactiveFlowRecordTimeout: 1s
weir:
  listen: ["udp://127.0.0.1:${port}"]
  stateDirectory: ${directory.file('state')}
  http: { listen: "unix:${directory.file('http.sock')}" }
  metrics: { listen: "127.0.0.1:0" }
  sinks: [ { jsonLines: { path: ${flows} } } ]
`,
    );
    const exporter = createSocket('udp4').bind(0, '127.0.0.1');
    await once(exporter, 'listening');
    let sequence = 0;
    const start = async () => {
      const program = startWeir(['aggregator', '--config', config]);
      await program.says(/weir: ready/);
      return program;
    };
    const send = async (sourcePort: number, ...templates: Uint8Array[]) => {
      const header = {
        count: 1 + templates.length,
        sequence: ++sequence,
        uptimeMs: 1_000_000 + sequence * 1_000,
      };
      exporter.send(v9(header, ...templates, flow(sourcePort)), port, '127.0.0.1');
      const isThere = () =>
        existsSync(flows) && readFileSync(flows, 'utf8').includes(`"sourceTransportPort":${sourcePort},`);
      await until(`the flow from port ${sourcePort}`, isThere);
    };
    const stopped: string[] = [];
    {
      await using first = await start();
      await send(40_001, flowTemplate);
      stopped.push((await first.stop()).stderr);
    }
    {
      await using second = await start();
      await send(40_002);
      second.process.kill('SIGKILL');
      await second.ended;
    }
    {
      await using third = await start();
      await send(40_003);
      stopped.push((await third.stop()).stderr);
    }
    exporter.close();
    for (const stderr of stopped) {
      expect(stderr).toMatch(/^ipfix in +records +1 +1 +0/m);
      expect(stderr).not.toContain('template-unknown');
    }
    expect(stopped[1]).toMatch(/templates restored 1/);
  });
});
