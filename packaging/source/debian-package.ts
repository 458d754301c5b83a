import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  globSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Release } from './program-files.ts';

/** Debian's names of the architectures that Weir runs on. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Places for parts of the program. All others go to usr/lib/weir. */
const places: Readonly<Record<string, string>> = {
  'README.md': 'usr/share/weir/README.md',
  'CHANGELOG.md': 'usr/share/weir/CHANGELOG.md',
  'CONTRIBUTING.md': 'usr/share/weir/CONTRIBUTING.md',
  docs: 'usr/share/weir/docs',
  examples: 'usr/share/weir/examples',
  alerts: 'usr/share/weir/alerts',
  'grafana-dashboards': 'usr/share/weir/grafana-dashboards',
  LICENSE: 'usr/share/doc/weir/copyright',
  packaging: 'usr/share/weir/packaging', // the documents link there
  'packaging/systemd': 'usr/lib/systemd/system',
  'packaging/etc': 'etc/weir',
  'completions/weir.bash': 'usr/share/bash-completion/completions/weir',
  'completions/_weir': 'usr/share/zsh/vendor-completions/_weir',
  'completions/weir.fish': 'usr/share/fish/vendor_completions.d/weir.fish',
};
const elsewhere = new Set(['man', 'completions']);

/** @throws {Error} when Weir does not run on it */
export function debianArchitecture(cpu: string): string {
  const name = architectures[cpu];
  if (name === undefined)
    throw new Error(`no packages for ${cpu}, only for ${Object.keys(architectures).join(', ')}`);
  return name;
}

/**
 * Writes a Debian package of the program in a folder.
 * @param scripts the folder with the package's own scripts, such as postinst
 * @param work an empty folder
 */
export function writeDebianPackage(
  { program, scripts, work, to }: Readonly<Record<'program' | 'scripts' | 'work' | 'to', string>>,
  { version, cpu, date }: Release,
): void {
  const copyInto = (from: string, place: string) =>
    cpSync(join(program, from), join(work, place), { recursive: true, verbatimSymlinks: true });
  for (const [from, place] of Object.entries(places)) copyInto(from, place);
  for (const part of readdirSync(program)) {
    if (places[part] === undefined && !elsewhere.has(part)) copyInto(part, `usr/lib/weir/${part}`);
  }
  for (const page of globSync(join(program, 'man/*'))) {
    const place = join(work, 'usr/share/man/man1', `${basename(page)}.gz`);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, gzipSync(readFileSync(page), { level: 9 }));
  }
  mkdirSync(join(work, 'usr/bin'));
  symlinkSync('../lib/weir/bin/weir', join(work, 'usr/bin/weir'));
  for (const file of globSync(join(work, 'etc/weir/*'))) chmodSync(file, 0o640);

  const files = globSync('**', { cwd: work })
    .filter((path) => lstatSync(join(work, path)).isFile())
    .sort();
  const octets = files.reduce((sum, path) => sum + lstatSync(join(work, path)).size, 0);
  const control = join(work, 'DEBIAN');
  cpSync(scripts, control, { recursive: true });
  writeFileSync(join(control, 'control'), controlFile(version, cpu, Math.ceil(octets / 1024)));
  writeFileSync(
    join(control, 'conffiles'),
    joinLines(files.filter((path) => path.startsWith('etc/')).map((path) => `/${path}`)),
  );
  writeFileSync(
    join(control, 'md5sums'),
    joinLines(files.map((path) => `${md5Of(join(work, path))}  ${path}`)),
  );
  execFileSync('dpkg-deb', ['--build', '--root-owner-group', '-Zxz', '-z1', work, to], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(date.getTime() / 1000) },
  });
}

const controlFile = (version: string, cpu: string, installedKibibytes: number): string => `Package: weir
Version: ${version}
Architecture: ${debianArchitecture(cpu)}
Maintainer: Weir's developers
Installed-Size: ${installedKibibytes}
Depends: adduser, libc6 (>= 2.28), libstdc++6
Section: net
Priority: optional
Description: network flow visibility for Linux hosts and Kubernetes nodes
 An agent watches the kernel's connection tracking and the firewall's log, and
 exports what it sees as IPFIX. An aggregator joins the two nodes' halves of
 each flow and sends flows on: to Prometheus, by OTLP, to VictoriaLogs, Loki and
 files. A counter tells of each record that is lost, and where.
`;

const joinLines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

const md5Of = (path: string): string => createHash('md5').update(readFileSync(path)).digest('hex');
