/*
 * npm run package: builds all installable packages for this machine's architecture: the npm package, a
 * self-contained tar.gz, and a Debian package with the same content.
 *
 *     npm run package -- [--to DIRECTORY]     (build/)
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeArchive } from '../packaging/source/archive.ts';
import { debianArchitecture, writeDebianPackage } from '../packaging/source/debian-package.ts';
import { layProgramFiles, packProgram } from '../packaging/source/program-files.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { to: { type: 'string', default: join(root, 'build') } } });
const target = resolve(values.to);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const release = {
  version,
  date: new Date(1000 * Number(process.env.SOURCE_DATE_EPOCH ?? lastCommitSeconds())),
};

const work = mkdtempSync(join(tmpdir(), 'weir-package-'));
try {
  mkdirSync(target, { recursive: true });
  const packed = packProgram(root, target);
  console.log(packed);

  const name = `weir-${version}-linux-${process.arch}`;
  const program = join(work, name);
  mkdirSync(program);
  await layProgramFiles(root, packed, program, release);

  const archive = join(target, `${name}.tar.gz`);
  writeArchive(program, release.date, archive);
  console.log(archive);

  const debianPackage = join(target, `weir_${version}_${debianArchitecture()}.deb`);
  const tree = join(work, 'debian');
  mkdirSync(tree);
  writeDebianPackage(
    { program, scripts: join(root, 'packaging/debian'), work: tree, to: debianPackage },
    release,
  );
  console.log(debianPackage);
} finally {
  rmSync(work, { recursive: true });
}

/** Time of the last commit, in seconds since 1970; outside of a repository the present time. */
function lastCommitSeconds(): number {
  const { stdout, status } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? Number(stdout) : Math.floor(Date.now() / 1000);
}
