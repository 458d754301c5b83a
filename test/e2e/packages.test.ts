import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, createNamespace, type NetworkNamespace } from '../support/namespace.ts';
import { Program, type ProgramOptions } from '../support/program.ts';
import { requires } from '../support/requires.ts';
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
  await run(['npm', 'run', 'package', '--', '--to', packages], { directory: checkout });
}, patience.timeoutMs);

afterAll(() => directory[Symbol.dispose]());

const made = (pattern: string): string => {
  const [file] = globSync(join(packages, pattern));
  expect(file, `a file ${pattern}`).toBeDefined();
  return file!;
};

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
  weir: string,
  options: ProgramOptions,
): Promise<unknown> {
  await using _server = await startTcpServer(host, { port: 8080 });
  const [connection] = await exchangeTcp(client, { host: '192.0.2.1', port: 8080, octets: 1_000 });
  return until('the record', async () => {
    const lines = await host.run([weir, 'flows', '-o', 'json', '--port', '8080'], options);
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
  expect(await seenConnection(both, weir, options)).toMatchObject({ destinationTransportPort: 8080 });
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
    await run(['tar', '--extract', '--file', made(`weir-${version}-linux-*.tar.gz`), '--directory', folder]);
    await watchesItsHost(globSync(join(folder, '*/bin/weir'))[0]!, {
      environment: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    });
  });
});

describe('the Dockerfile', () => {
  const dockerfile = readFileSync(join(root, 'packaging/Dockerfile'), 'utf8');

  it('adds only the archive of each architecture, and runs as a user without rights', () => {
    const added = [...dockerfile.matchAll(/^ADD (\S+)/gm)].map(([, pattern]) => pattern!);
    expect(added).toEqual(['weir-*-linux-x64.tar.gz', 'weir-*-linux-arm64.tar.gz']);
    expect(made(added.find((pattern) => pattern.includes(`-${process.arch}.`))!)).toBe(made('*.tar.gz'));
    expect(dockerfile).toMatch(/^FROM scratch\nCOPY --from=files \/image \/$/m);
    expect(dockerfile).toMatch(/^USER 65532:65532$/m);
  });

  requires(
    'root',
    'namespaces',
    'setpriv',
    'mount',
  )('run on this machine', () => {
    it('lays what an agent needs: it sees a connection with CAP_NET_ADMIN alone and a read-only root', async () => {
      const image = directory.file('image');
      await layImage(dockerfile, image);
      const asAgent = directory.file('as-agent');
      writeFileSync(asAgent, containerScript(image), { mode: 0o755 });
      await using both = await neighbours();
      await using up = both.host.start([asAgent, 'up']);
      await up.says(/weir: ready/);
      expect(await seenConnection(both, asAgent, {})).toMatchObject({ destinationTransportPort: 8080 });
      expect((await up.stop()).code).toBe(0);
    });
  });
});

/** Runs the commands of the Dockerfile with the archive, into a folder instead of a stage. */
async function layImage(dockerfile: string, image: string): Promise<void> {
  const archive = directory.file('archive');
  mkdirSync(archive);
  await run(['tar', '--extract', '--file', made(`weir-${version}-linux-*.tar.gz`), '--directory', archive]);
  const [, commands] = /^RUN <<'END'\n(.*?)^END$/ms.exec(dockerfile)!;
  const here = commands!
    .replace('archive=/opt', `archive=${archive}`)
    .replace('image=/image', `image=${image}`);
  expect(here).not.toBe(commands);
  await run(['sh', '-c', here]);
}

/**
 * Runs Weir in the image as a container runtime does: user 0 with one capability, a root and sysctls that are
 * read-only. CAP_SYS_CHROOT is for the script itself.
 */
const containerScript = (image: string): string => `#!/bin/sh
set -eu
if [ "\${1-}" != inside ]; then exec unshare --mount --propagation private "$0" inside "$@"; fi
shift
mkdir -p ${image}/proc ${image}/dev
mount --bind ${image} ${image}
mount -o remount,ro,bind ${image}
mount -t tmpfs tmpfs ${image}/tmp
mount --rbind /proc ${image}/proc
mount --bind /proc/sys ${image}/proc/sys
mount -o remount,ro,bind ${image}/proc/sys
mount --bind /dev ${image}/dev
exec setpriv --no-new-privs --bounding-set=-all,+net_admin,+sys_chroot --inh-caps=-all chroot ${image} /usr/local/bin/weir "$@"
`;

requires(
  'root',
  'namespaces',
  'dpkg-deb',
  'setpriv',
)('the Debian package', () => {
  const installed = () => run(['dpkg', '--install', made('weir_*.deb')]);
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
        expect(await seenConnection(both, 'weir', { environment: { PATH: userPath } })).toMatchObject({
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
