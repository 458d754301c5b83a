import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Program } from '../support/program.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const root = join(import.meta.dirname, '../..');
const launcher = join(root, 'bin/weir');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

describe('bin/weir', () => {
  let directory: TemporaryDirectory;

  beforeEach(() => {
    directory = new TemporaryDirectory();
  });

  afterEach(() => directory[Symbol.dispose]());

  /** An aggregator that listens where nobody sends, started through the launcher. */
  async function startAggregator(): Promise<Program> {
    const file = directory.file('aggregator.yaml');
    const weir = {
      listen: ['udp://127.0.0.1:0'],
      http: { listen: '127.0.0.1:0' },
      metrics: { listen: 'off' },
    };
    writeFileSync(file, JSON.stringify({ weir }));
    const program = new Program([launcher, 'aggregator', '--config', file]);
    await program.says(/weir: ready/);
    return program;
  }

  /** Processes whose parent is this one. */
  const childrenOf = (pid: number): string[] =>
    readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    );

  it('becomes the pinned Node in the started process, without a child', async () => {
    await using program = await startAggregator();
    expect(readlinkSync(`/proc/${program.pid}/exe`)).toMatch(/node-linux-(x64|arm64)\/bin\/node$/);
    expect(childrenOf(program.pid)).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'shuts down in order on %s to the started process',
    async (signal) => {
      await using program = await startAggregator();
      const { code, stdout, stderr } = await program.stop(signal, 20_000);
      expect(code, stderr).toBe(0);
      expect(`${stdout}${stderr}`).toMatch(/ipfix in +records/);
    },
  );

  it('ends immediately on SIGKILL to the started process', async () => {
    await using program = await startAggregator();
    const { pid } = program;
    await program.stop('SIGKILL');
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  /** Every Node that is on PATH, one of each version. */
  const nodes = new Map(
    (process.env.PATH ?? '')
      .split(':')
      .map((folder) => join(folder, 'node'))
      .filter((path) => existsSync(path))
      .map((path) => [execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(), path]),
  );

  it.each([...nodes])(
    'is the successor of "node bin/weir.js", with its streams: Node %s',
    async (_, node) => {
      const program = new Program([node, `${launcher}.js`, 'decode', '-']);
      const { stderr } = await program.ended;
      expect(stderr).toContain('file-format-unknown');
      const { stdout } = await new Program([node, `${launcher}.js`, 'logql', '--port', '443']).ended;
      expect(stdout).toContain('{service_name="weir-flows"}');
      await using server = new Program([node, `${launcher}.js`, 'collect', '--listen', 'tcp://127.0.0.1:0']);
      await server.says(/listens on/);
      expect(readlinkSync(`/proc/${server.pid}/exe`)).toMatch(/node-linux-(x64|arm64)\/bin\/node$/);
      expect((await server.stop('SIGINT')).code).toBe(0);
    },
  );

  it('is found through links, as npm makes them', () => {
    const link = directory.file('weir');
    symlinkSync(launcher, link);
    expect(execFileSync(link, ['--version'], { encoding: 'utf8' })).toBe(`${version}\n`);
  });

  /** A copy of the package without the Node that it is pinned to, and a `node` on PATH of some version. */
  function withNodeOnPath(nodeVersion: string): string {
    const [programs, copy] = [directory.file('programs'), directory.file('package')];
    mkdirSync(programs);
    const node = join(programs, 'node');
    writeFileSync(node, `#!/bin/sh\n[ "$1" = --version ] && echo ${nodeVersion} || echo "runs $*"\n`);
    chmodSync(node, 0o755);
    cpSync(join(root, 'bin'), join(copy, 'bin'), { recursive: true });
    mkdirSync(join(copy, 'src/cli'), { recursive: true });
    writeFileSync(join(copy, 'src/cli/main.ts'), '');
    return programs;
  }

  async function runCopy(programs: string, ...args: string[]) {
    const environment = { PATH: `${programs}:${process.env.PATH}` };
    return new Program([directory.file('package/bin/weir'), ...args], { environment }).ended;
  }

  it.each(['v24.0.0', 'v26.3.1', 'v30.0.0'])(
    'uses the node on PATH if the pinned one is missing: %s',
    async (node) => {
      const { code, stdout } = await runCopy(withNodeOnPath(node), 'flows', '--src', 'a b');
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /^runs --no-incremental-marking --max-semi-space-size=4 --heap-growing-percent=50 \S+\/src\/cli\/main\.ts flows --src a b$/m,
      );
    },
  );

  it('runs an agent in little memory', async () => {
    const { stdout } = await runCopy(withNodeOnPath('v24.0.0'), 'agent', '--config', 'a b');
    expect(stdout).toMatch(/^runs --optimize-for-size \S+\/src\/cli\/main\.ts agent --config a b$/m);
  });

  it.each(['v20.20.2', 'v22.15.0', 'nonsense'])(
    'reports the remedy if that node is too old: %s',
    async (node) => {
      const { code, stderr } = await runCopy(withNodeOnPath(node), 'up');
      expect(code).toBe(2);
      expect(stderr).toContain(`needs Node 24; node on PATH is ${node}`);
      expect(stderr).toContain('Run "npm ci" without --omit=optional');
    },
  );
});
