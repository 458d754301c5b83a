import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { architectures, ContainerStore, type Cpu, emulateArm64 } from '../support/container-images.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { connect, createNamespace, type NetworkNamespace } from '../support/namespace.ts';
import { Program, type ProgramOptions } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';

/*
 * The packages that users install: for npm, an archive, and for Debian. Each is built from a fresh checkout,
 * installed, and watches a connection.
 */

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const patience = { timeoutMs: 600_000 }; // npm fetches packages, on a machine that may be busy

/** PATH as for a user: with the machine's Node, not the one that the project pins. */
const userPath = process.env
  .PATH!.split(':')
  .filter((folder) => !folder.includes('node_modules'))
  .join(':');
const pinnedPath = `${join(root, 'node_modules/.bin')}:${userPath}`;

const directory = new TemporaryDirectory();
const checkout = directory.file('checkout');
const packages = directory.file('packages');

/** Runs a program to its end. */
const run = (command: readonly string[], options?: ProgramOptions): Promise<string> =>
  new Program(command, options).succeeds(patience.timeoutMs);

beforeAll(async () => {
  const leftOut = new Set(['node_modules', '.git', 'dist', 'build']);
  cpSync(root, checkout, { recursive: true, filter: (path) => !leftOut.has(basename(path)) });
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  mkdirSync(packages);
  const cpus = Object.keys(architectures).flatMap((cpu) => ['--cpu', cpu]);
  await run(['npm', 'run', 'package', '--', '--to', packages, ...cpus], { directory: checkout });
}, patience.timeoutMs);

afterAll(() => directory[Symbol.dispose]());

const made = (pattern: string): string => {
  const [file] = globSync(join(packages, pattern));
  expect(file, `a file ${pattern}`).toBeDefined();
  return file!;
};

const ownCpu = process.arch as Cpu;
const dockerfile = join(root, 'packaging/Dockerfile');
const asAgent = ['--user', '0', '--cap-add', 'NET_ADMIN', '--tmpfs', '/tmp'];
const tlsOf = (certificate: string) =>
  `tls: { caFile: /etc/weir/config/certs/ca.crt, certFile: ${certificate}.crt, keyFile: ${certificate}.key }`;
const aggregatorFile = `
activeFlowRecordTimeout: 1s
weir:
  listen: ["dtls://127.0.0.1:4739", "tls://127.0.0.1:4739"]
  stateDirectory: /var/lib/weir/state
  sinks: [{ history: { directory: /var/lib/weir/history } }]
${tlsOf('/etc/weir/config/certs/aggregator')}
`;
const agentFile = `
flowExporter:
  flowCollectorAddr: 127.0.0.1:4739:dtls
  flowPollInterval: 1s
  activeFlowExportTimeout: 1s
  idleFlowExportTimeout: 1s
  ${tlsOf('/etc/weir/config/agent/agent')}
weir:
  track: true
`;

const questionAbout = (history: string): string[] => [
  ...['query', '--from', 'history', '--directory', history],
  ...['--by', 'destinationPort', '--measure', 'flows', '-o', 'json'],
];

interface Neighbours extends AsyncDisposable {
  readonly host: NetworkNamespace;
  readonly client: NetworkNamespace;
}

/** A watched host, and one that connects to it. */
async function neighbours(): Promise<Neighbours> {
  await using made = new AsyncDisposableStack();
  const host = made.use(await createNamespace('host'));
  const client = made.use(await createNamespace('client'));
  await connect(
    { namespace: host, device: 'eth0', addresses: ['192.0.2.1/24'] },
    { namespace: client, device: 'eth0', addresses: ['192.0.2.2/24'] },
  );
  const kept = made.move();
  return { host, client, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** The output of `weir flows` for a connection between them. */
async function seenConnection(
  { host, client }: Neighbours,
  runWeir: (words: string[]) => Promise<string>,
): Promise<unknown> {
  await using _server = await startTcpServer(host, { port: 8080 });
  const [connection] = await exchangeTcp(client, { host: '192.0.2.1', port: 8080, octets: 1_000 });
  return until('the record', async () => {
    const lines = await runWeir(['flows', '-o', 'json', '--port', '8080']);
    const records = lines
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    return records.find(({ sourceTransportPort }) => sourceTransportPort === connection!.localPort);
  });
}

async function watchesItsHost(weir: string, options: ProgramOptions = {}): Promise<void> {
  expect(await run([weir, '--version'], options)).toBe(`${version}\n`);
  using certificates = new TemporaryDirectory();
  await run([weir, 'certs', 'init', '--dir', certificates.file('certs')], options);
  expect(await run([weir, 'certs', 'show', certificates.file('certs')], options)).toMatch(
    /ca\.key +key +key of ca\.crt/,
  );
  await using both = await neighbours();
  using kept = new TemporaryDirectory();
  const history = kept.file('history');
  await using up = both.host.start([weir, 'up', '--history', history], options);
  await up.says(/weir: ready/);
  expect(await seenConnection(both, (words) => both.host.run([weir, ...words], options))).toMatchObject({
    destinationTransportPort: 8080,
  });
  expect((await up.stop()).code).toBe(0);
  const stats = await run([weir, 'history', 'stats', '--directory', history, '-o', 'json'], options);
  expect(JSON.parse(stats).records).toBeGreaterThan(0);
  const unasked = [weir, 'mcp', '--from', 'history', '--directory', history]; // it loads its library, and ends
  expect(await run(unasked, options)).toBe('');
}

requires('namespaces')('a package', () => {
  it.each([
    ['the Node on PATH', userPath],
    ['the pinned Node', pinnedPath],
  ])(
    'of npm installs into an empty prefix and runs under %s',
    async (_, PATH) => {
      const prefix = directory.file(PATH === userPath ? 'users-prefix' : 'pinned-prefix');
      const options = { environment: { PATH } };
      await run(
        ['npm', 'install', '--global', '--no-audit', '--prefix', prefix, made('weir-flow-*.tgz')],
        options,
      );
      await watchesItsHost(join(prefix, 'bin/weir'), options);
    },
    patience.timeoutMs,
  );

  it('as an archive needs nothing from this machine', async () => {
    const folder = directory.file('unpacked');
    mkdirSync(folder);
    await run([
      'tar',
      '--extract',
      '--file',
      made(`weir-${version}-linux-${ownCpu}.tar.gz`),
      '--directory',
      folder,
    ]);
    await watchesItsHost(globSync(join(folder, '*/bin/weir'))[0]!, {
      environment: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    });
  });
});

requires(
  'root',
  'namespaces',
  'podman',
  'runc',
  'mmdebstrap',
  'qemu-aarch64-static',
)('the container image', () => {
  let store: ContainerStore;
  let native: string;

  beforeAll(async () => {
    store = new ContainerStore();
    native = await store.build(ownCpu, dockerfile, packages);
  }, patience.timeoutMs);

  afterAll(() => store?.[Symbol.asyncDispose]());

  const inside = (container: string) => (words: string[]) =>
    run(store.executeCommand(container, ['weir', ...words]));

  it('has Node, Weir and what starts them, no package manager, and a user without rights', async () => {
    await store.lookInto(native, (folder) => {
      expect(readdirSync(join(folder, 'usr/bin')).sort()).toEqual(['dirname', 'readlink', 'sh', 'uname']);
      expect(readdirSync(join(folder, 'usr/local/bin'))).toEqual(['weir']);
      expect(readdirSync(join(folder, 'etc')).sort()).toEqual(['group', 'nsswitch.conf', 'passwd', 'weir']);
    });
    expect(await store.octetsOf(native)).toBeLessThan(340_000_000);
    const asked = store.runCommand(
      native,
      ['--entrypoint', 'sh'],
      ['-c', 'while read l; do echo $l; done < /proc/self/status'],
    );
    const rights = await run(asked);
    expect(rights).toMatch(/^Uid: 65532 65532 65532 65532$/m);
    expect(rights).toMatch(/^CapEff: 0+$/m);
  });

  it('watches the host with CAP_NET_ADMIN alone and a read-only root', async () => {
    await using both = await neighbours();
    const options = [...asAgent, '--name', 'up'];
    await using up = new Program(store.runCommand(native, options, ['up'], both.host));
    await up.says(/weir: ready/);
    expect(await seenConnection(both, inside('up'))).toMatchObject({ destinationTransportPort: 8080 });
    expect((await up.stop()).code).toBe(0);
  });

  it('collects over DTLS without any right, and answers questions about its history', async () => {
    const folder = directory.file('container');
    mkdirSync(folder);
    writeFileSync(join(folder, 'aggregator.yaml'), aggregatorFile);
    writeFileSync(join(folder, 'agent.yaml'), agentFile);
    const settings = ['--volume', `${folder}:/etc/weir/config`];
    const inContainer = (...words: string[]) =>
      run(store.runCommand(native, [...settings, '--user', '0'], words));
    await inContainer('certs', 'init', '--dir', '/etc/weir/config/certs', '--name', '127.0.0.1');
    const [from, to] = [
      ['--dir', '/etc/weir/config/certs'],
      ['--out', '/etc/weir/config/agent'],
    ];
    await inContainer('certs', 'issue', 'node-1', ...from, ...to);
    chownSync(join(folder, 'certs'), 65532, 65532);
    chownSync(join(folder, 'certs/aggregator.key'), 65532, 65532);

    await using both = await neighbours();
    const start = (...words: Parameters<ContainerStore['runCommand']>) =>
      new Program(store.runCommand(...words));
    const volumes = [...settings, '--tmpfs', '/tmp', '--tmpfs', '/var/lib/weir', '--name', 'aggregator'];
    const collects = ['aggregator', '--config', '/etc/weir/config/aggregator.yaml'];
    await using aggregator = start(native, volumes, collects, both.host);
    await aggregator.says(/weir: ready/);
    const watches = ['agent', '--config', '/etc/weir/config/agent.yaml'];
    await using agent = start(native, [...settings, ...asAgent], watches, both.host);
    await agent.says(/connected to 127\.0\.0\.1:4739:dtls/);
    await agent.says(/weir: ready/);
    const runWeir = inside('aggregator');
    expect(await seenConnection(both, runWeir)).toMatchObject({ destinationTransportPort: 8080 });
    const question = questionAbout('/var/lib/weir/history');
    await until('the answer of the history', async () => (await runWeir(question)).includes('8080'));
    for (const program of [agent, aggregator]) expect((await program.stop()).code).toBe(0);
  });

  it(
    'of arm64 makes certificates, opens DTLS, and answers questions about the history of another machine',
    async () => {
      using _emulation = ownCpu === 'arm64' ? undefined : emulateArm64();
      const image = await store.build('arm64', dockerfile, packages);
      using place = new HistoryPlace();
      const history = await place.open();
      await history.append(batchOf([numberedFlow(1, { destinationTransportPort: 8080 })]));
      await history.close();
      const volume = (folder: string, at: string) => ['--volume', `${folder}:${at}`];
      const ask = ['--user', '0', ...volume(place.directory, '/var/lib/weir/history')];
      expect(await run(store.runCommand(image, ask, questionAbout('/var/lib/weir/history')))).toContain(
        '8080',
      );

      const certificates = directory.file('arm64-certificates');
      mkdirSync(certificates);
      const secured = ['--user', '0', ...volume(certificates, '/etc/weir/certs')];
      await run(store.runCommand(image, secured, ['certs', 'init', '--dir', '/etc/weir/certs']));
      await using collector = new Program(
        store.runCommand(image, secured, ['collect', '--listen', 'dtls://127.0.0.1:4739']),
      );
      await collector.says(/listens on dtls:/);
      expect((await collector.stop()).code).toBe(0);
    },
    patience.timeoutMs,
  );
});

requires(
  'root',
  'namespaces',
  'dpkg-deb',
  'setpriv',
)('the Debian package', () => {
  const installed = () => run(['dpkg', '--install', made(`weir_*_${architectures[ownCpu]}.deb`)]);
  const purged = () => run(['dpkg', '--purge', 'weir']);

  beforeAll(() => {
    if (existsSync('/usr/lib/weir'))
      throw new Error('this machine has Weir installed; the test would purge it');
  });

  it(
    'runs both units over TLS with certificates that root made, which alone stay when it is purged',
    async () => {
      const weir = (...words: string[]) => run(['weir', ...words], { environment: { PATH: userPath } });
      await installed();
      try {
        expect(rightsOf('/etc/weir/certs')).toBe('root:weir 750');
        await weir('certs', 'init', '--name', 'localhost');
        await weir('certs', 'issue', 'node-1', '--out', '/etc/weir/certs');
        edit('/etc/weir/aggregator.yaml', 'tcp://127', 'tls://127');
        edit('/etc/weir/agent.yaml', '127.0.0.1:4739:tcp', 'localhost:4739:tls');
        await using both = await neighbours();
        await using aggregator = both.host.start(await unitCommand('weir-aggregator'));
        await aggregator.says(/listens on tls:\/\/127\.0\.0\.1:4739/);
        await using agent = both.host.start(await unitCommand('weir-agent'));
        await agent.says(/connected to localhost:4739:tls/);
        expect(rightsOf('/etc/weir/certs/agent.key')).toBe('weir:weir 600');
        expect(rightsOf('/etc/weir/certs/ca.key')).toBe('root:root 600');
        await weir('certs', 'renew', '--new-key');
        await agent.says(/reads new certificates/);
        await aggregator.says(/reads new certificates/);
      } finally {
        await purged();
      }
      expect(existsSync('/etc/weir/certs/ca.key')).toBe(true);
      rmSync('/etc/weir', { recursive: true });
    },
    patience.timeoutMs,
  );

  it(
    'runs both units with their stated rights, and is purged without a trace',
    async () => {
      await installed();
      try {
        expect(await run(['dpkg', '--verify', 'weir'])).toBe('');
        expect(await run(['weir', '--version'], { environment: { PATH: userPath } })).toBe(`${version}\n`);
        appendFileSync('/etc/weir/aggregator.yaml', 'activeFlowRecordTimeout: 1s\n');
        await using both = await neighbours();
        const { host } = both;
        await using aggregator = host.start(await unitCommand('weir-aggregator'));
        await aggregator.says(/weir: ready/);
        await using agent = host.start(await unitCommand('weir-agent'));
        await agent.says(/weir: ready/);
        expect(
          await seenConnection(both, (words) =>
            host.run(['weir', ...words], { environment: { PATH: userPath } }),
          ),
        ).toMatchObject({
          destinationTransportPort: 8080,
        });
        expect((await agent.stop()).code).toBe(0);
        expect((await aggregator.stop()).code).toBe(0);
      } finally {
        await purged();
      }
      const left = [
        '/etc/weir',
        '/usr/lib/weir',
        '/usr/share/weir',
        '/usr/bin/weir',
        '/var/lib/weir',
        '/var/lib/weir-agent',
      ].filter((path) => existsSync(path));
      expect(left).toEqual([]);
      expect(readFileSync('/etc/passwd', 'utf8')).not.toMatch(/^weir:/m);
    },
    patience.timeoutMs,
  );
});

/** Owner, group and permissions. */
function rightsOf(path: string): string {
  return execFileSync('stat', ['--format', '%U:%G %a', path], { encoding: 'utf8' }).trim();
}

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

/**
 * The command of a unit, with its user, capabilities and directory. It needs no systemd.
 */
async function unitCommand(name: string): Promise<string[]> {
  const unit = readFileSync(`/usr/lib/systemd/system/${name}.service`, 'utf8');
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];
  const capabilities = (key: string) =>
    [
      '-all',
      ...(value(key) ?? '')
        .split(' ')
        .filter(Boolean)
        .map((one) => one.toLowerCase().replace('cap_', '+')),
    ].join(',');
  const [user, group] = [value('User')!, value('Group')!];
  const state = [
    '--directory',
    `--owner=${user}`,
    `--group=${group}`,
    `--mode=${value('StateDirectoryMode')}`,
  ];
  await run(['install', ...state, `/var/lib/${value('StateDirectory')}`]);
  const [before, ...others] = [...unit.matchAll(/^ExecStartPre=-\+(.*)$/gm)].map(([, words]) =>
    words!.split(' '),
  );
  expect(others).toEqual([]);
  await new Program(before!).ended; // as root; the unit ignores its failure
  return [
    'setpriv',
    `--reuid=${user}`,
    `--regid=${group}`,
    '--init-groups',
    `--bounding-set=${capabilities('CapabilityBoundingSet')}`,
    `--inh-caps=${capabilities('AmbientCapabilities')}`,
    `--ambient-caps=${capabilities('AmbientCapabilities')}`,
    '--no-new-privs',
    ...value('ExecStart')!.split(' '),
  ];
}
