import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isAllowed, licenceOf } from './licence-kind.ts';

/** A Go module that is part of a program, with the licence in its files. */
export interface ListedModule {
  readonly path: string;
  readonly version: string;
  readonly licence: string;
}

/** For `go list -deps -f`: a line for each package of another module. */
export const moduleTemplate =
  '{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}';

/**
 * The modules that `go list` printed by `moduleTemplate`.
 * @throws {Error} that names the modules with a licence that the tests do not allow
 */
export function modulesOf(name: string, told: string): ListedModule[] {
  const lines = told.split('\n').filter((line) => line !== '');
  const byModule = Map.groupBy(lines.sort(), (line) => line.slice(0, line.lastIndexOf('\t')));
  const found = [...byModule].map(([module, packages]) => {
    const [path, version, root] = module.split('\t') as [string, string, string];
    const folders = packages.map((line) => line.slice(module.length + 1));
    return { path, version, ...licenceOf(root, foldersBelow(root, folders)) };
  });
  refuse(
    name,
    found.flatMap(({ path, version, refusals }) => refusals.map((text) => `${path} ${version} ${text}`)),
  );
  return found.map(({ path, version, kind }) => ({ path, version, licence: kind }));
}

/**
 * As above, for a stored list, when the module's files may be gone.
 * @throws {Error} that names those which are not under licences that the tests allow
 */
export function checkModules(name: string, modules: readonly ListedModule[]): void {
  const refused = modules.filter(({ licence }) => !isAllowed(licence));
  refuse(
    name,
    refused.map(({ path, version, licence }) => `${path} ${version} is under ${licence}`),
  );
}

function refuse(name: string, refusals: readonly string[]): void {
  if (refusals.length === 0) return;
  throw new Error(`${name} has in it what the tests do not build by its licence: ${refusals.join('; ')}`);
}

/** These folders and their parents, without the outermost. */
function foldersBelow(root: string, folders: readonly string[]): Set<string> {
  const all = new Set<string>();
  for (const folder of folders) for (let at = folder; at.length > root.length; at = dirname(at)) all.add(at);
  return all;
}

/** The first line: a list made by other rules does not count. */
const firstLine = `module\tversion\tlicence (rules ${digestOf('licence-kind.ts', 'module-list.ts')})`;

function digestOf(...files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(import.meta.dirname, file)));
  return hash.digest('hex').slice(0, 12);
}

/** Undefined when there is no such file, or when other rules made it. */
export function readModuleList(file: string): ListedModule[] | undefined {
  if (!existsSync(file)) return undefined;
  const [first, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  if (first !== firstLine) return undefined;
  return lines.map((line) => {
    const [path, version, licence = 'unknown'] = line.split('\t') as [string, string, string?];
    return { path, version, licence };
  });
}

export function writeModuleList(file: string, modules: readonly ListedModule[]): void {
  const lines = modules.map(({ path, version, licence }) => [path, version, licence].join('\t'));
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${[firstLine, ...lines].join('\n')}\n`);
  renameSync(draft, file);
}

/** How many modules, and how many of each licence: 85 modules (40 Apache-2.0, 45 MIT). */
export function moduleSummary(modules: readonly ListedModule[]): string {
  const byLicence = [...Map.groupBy(modules, ({ licence }) => licence)]
    .map(([licence, { length }]) => ({ licence, length }))
    .sort((one, other) => other.length - one.length);
  const counts = byLicence.map(({ licence, length }) => `${length} ${licence}`).join(', ');
  return `${modules.length} modules${counts ? ` (${counts})` : ''}`;
}
