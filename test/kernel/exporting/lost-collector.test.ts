import { expect, it } from 'vitest';
import { connect, createNamespace, type NetworkNamespace } from '../../support/namespace.ts';
import { loadRules } from '../../support/nftables.ts';
import type { Program } from '../../support/program.ts';
import { requires } from '../../support/requires.ts';
import { SteadyExporter } from '../../support/steady-exporter.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';
import { startWeir, stopWeir, weirProgram } from '../../support/weir.ts';

const blackHole = `table inet gone {
  chain input { type filter hook input priority 0; policy drop; }
  chain output { type filter hook output priority 0; policy drop; }
}`;

/** An exporter's host and a collector's, and the collector's program, which can end and return. */
class Scene implements AsyncDisposable {
  readonly here: NetworkNamespace;
  readonly there: NetworkNamespace;
  readonly #listen: string;
  readonly #programs: Program[] = [];

  private constructor(here: NetworkNamespace, there: NetworkNamespace, listen: string) {
    this.here = here;
    this.there = there;
    this.#listen = listen;
  }

  static async make(listen: string): Promise<Scene> {
    const [here, there] = [await createNamespace('exporter'), await createNamespace('collector')];
    await connect(
      { namespace: here, device: 'eth0', addresses: ['192.0.2.1/24', 'fe80::1/64'] },
      { namespace: there, device: 'eth0', addresses: ['192.0.2.2/24', 'fe80::2/64'] },
    );
    return new Scene(here, there, listen);
  }

  async startCollector(): Promise<Program> {
    const program = this.there.startModule(weirProgram, ['collect', '-l', this.#listen, '-o', 'json']);
    this.#programs.push(program);
    await program.says(/weir: ready/);
    return program;
  }

  /** The lines of all started programs. */
  get lines(): string[] {
    return this.#programs.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean));
  }

  get arrived(): number {
    return new Set(this.lines.map((line) => /"flowId":(\d+)/.exec(line)?.[1])).size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program.stop();
    await this.here.close();
    await this.there.close();
  }
}

requires('namespaces', 'nft')('an exporter that has lost its collector', () => {
  it('keeps records while the host does not answer, gives up the session, and counts what may be lost: TCP', async () => {
    await using scene = await Scene.make('tcp://0.0.0.0:4739');
    const collector = await scene.startCollector();
    await using exporter = new SteadyExporter(scene.here, {
      address: { host: '192.0.2.2', port: 4739, protocol: 'tcp' },
      vanishTimeoutMs: 3_000,
      connectTimeoutMs: 1_000,
      reconnectMs: { least: 100, greatest: 500 },
    });
    await until('records to arrive', () => scene.arrived > 50);
    await loadRules(scene.there, blackHole);
    await collector.stop('SIGKILL');
    await exporter.reaches('an end of the session', ({ isConnected }) => !isConnected);
    await exporter.program.says(/answers nothing for [23] s/);
    const { sent, held } = exporter.state!;
    expect(held).toBeGreaterThan(0);
    await scene.startCollector();
    await scene.there.run(['nft', 'delete', 'table', 'inet', 'gone']);
    await exporter.reaches('another session', ({ reconnections }) => reconnections === 1);
    const end = await exporter.stop();
    expect(end).toMatchObject({ received: end.sent, held: 0 });
    await until('the last record', () => scene.lines.at(-1)?.includes(`"flowId":${end.sent},`));
    const lost = end.sent - scene.arrived;
    expect(lost).toBeLessThanOrEqual(end.unconfirmed);
    expect(end.unconfirmed).toBeLessThanOrEqual(sent);
    expect(end.unconfirmed - lost).toBeLessThan(400); // what leaves in eight seconds
  });

  it('notices this even while idle, and then counts nothing as lost: TCP', async () => {
    await using scene = await Scene.make('tcp://0.0.0.0:4739');
    await scene.startCollector();
    const address = { host: '192.0.2.2', port: 4739, protocol: 'tcp' } as const;
    await using exporter = new SteadyExporter(scene.here, { address, vanishTimeoutMs: 3_000 }, 5);
    await until('the records to arrive', () => scene.arrived === 5);
    await loadRules(scene.there, blackHole);
    await exporter.program.says(/no connection to 192\.0\.2\.2/);
    expect(exporter.state).toMatchObject({ isConnected: false, sent: 5, held: 0 });
    await scene.there.run(['nft', 'delete', 'table', 'inet', 'gone']);
    expect(scene.arrived).toBe(5);
  });

  it('counts refused datagrams, and the collector decodes its records when it is back: UDP', async () => {
    await using scene = await Scene.make('udp://0.0.0.0:4739');
    let collector = await scene.startCollector();
    await using exporter = new SteadyExporter(scene.here, {
      address: { host: '192.0.2.2', port: 4739, protocol: 'udp' },
    });
    for (let life = 1; life <= 3; life++) {
      const arrived = scene.arrived;
      await until('records to arrive', () => scene.arrived > arrived + 50);
      await collector.stop('SIGKILL');
      await exporter.reaches('a refusal', ({ isConnected, held }) => !isConnected && held > 10);
      collector = await scene.startCollector();
      await exporter.reaches('another session', ({ isConnected, held }) => isConnected && held < 10);
    }
    const end = await exporter.stop();
    await until('the last record', () => scene.lines.at(-1)?.includes(`"flowId":${end.sent},`));
    const lost = end.sent - scene.arrived;
    expect(lost).toBeLessThanOrEqual(end.unconfirmed);
    expect(end.unconfirmed - lost).toBeLessThan(3 * 150); // at most three seconds of each life
  });
});

requires('namespaces', 'nft')('an agent', () => {
  it.each([
    ['fe80::2%eth0', 'tcp'],
    ['fe80::2%eth0', 'udp'],
    ['::ffff:192.0.2.2', 'tcp'],
  ])('does not report its own export to [%s] over %s', async (host, protocol) => {
    const any = host.startsWith('fe80') ? '[::]' : '0.0.0.0';
    await using scene = await Scene.make(`${protocol}://${any}:4739`);
    await scene.startCollector();
    using directory = new TemporaryDirectory();
    const agent = await startWeir(
      scene.here,
      'agent',
      {
        flowExporter: {
          flowCollectorAddr: `[${host}]:4739:${protocol}`,
          flowPollInterval: '1s',
          activeFlowExportTimeout: '1s',
          idleFlowExportTimeout: '1s',
        },
        weir: { track: true },
      },
      directory,
    );
    await agent.says(/connected to/);
    await scene.here.run(['ping', '-c', '6', '-i', '0.5', '192.0.2.2']);
    await until('a record of the ping', () =>
      scene.lines.some((line) => line.includes('"protocolIdentifier":1,')),
    );
    const ledger = await stopWeir(agent);
    expect(ledger.find(({ name }) => name === 'connections')?.remarks).toMatch(/own export [1-9]/);
    const flows = () => scene.lines.filter((line) => line.includes('"scopeFieldCount":0'));
    await until('all records', () => flows().length === ledger.find(({ name }) => name === 'agent')?.sent);
    expect(scene.lines.filter((line) => line.includes('"destinationTransportPort":4739'))).toEqual([]);
  });
});
