/*
 * npm run package: builds all installable packages: the npm package, a self-contained tar.gz, and a Debian
 * package with the same content. They are for this machine's architecture, or for those that --cpu names as
 * Node does.
 *
 *     npm run package -- [--to DIRECTORY] [--cpu x64] [--cpu arm64]     (build/)
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeArchive } from '../packaging/source/archive.ts';
import { debianArchitecture, writeDebianPackage } from '../packaging/source/debian-package.ts';
import { layProgramFiles, packProgram, type Release } from '../packaging/source/program-files.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    to: { type: 'string', default: join(root, 'build') },
    cpu: { type: 'string', multiple: true, default: [process.arch] },
  },
});
const target = resolve(values.to);
values.cpu.forEach(debianArchitecture);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const date = new Date(1000 * Number(process.env.SOURCE_DATE_EPOCH ?? lastCommitSeconds()));

const work = mkdtempSync(join(tmpdir(), 'weir-package-'));
try {
  mkdirSync(target, { recursive: true });
  const packed = packProgram(root, target);
  console.log(packed);
  for (const cpu of values.cpu) await writePackages(packed, { version, cpu, date });
} finally {
  rmSync(work, { recursive: true });
}

async function writePackages(packed: string, release: Release): Promise<void> {
  const name = `weir-${version}-linux-${release.cpu}`;
  const program = join(work, name);
  mkdirSync(program);
  await layProgramFiles(root, packed, program, release);

  const archive = join(target, `${name}.tar.gz`);
  writeArchive(program, date, archive);
  console.log(archive);

  const debianPackage = join(target, `weir_${version}_${debianArchitecture(release.cpu)}.deb`);
  const tree = join(work, `debian-${release.cpu}`);
  mkdirSync(tree);
  writeDebianPackage(
    { program, scripts: join(root, 'packaging/debian'), work: tree, to: debianPackage },
    release,
  );
  console.log(debianPackage);
}

/** Time of the last commit, in seconds since 1970; outside of a repository the present time. */
function lastCommitSeconds(): number {
  const { stdout, status } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? Number(stdout) : Math.floor(Date.now() / 1000);
}
