import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isAffero, licenceKind } from './licence-kind.ts';

/** A Go module that went into a program, and which licence its files say. */
export interface ListedModule {
  readonly path: string;
  readonly version: string;
  readonly licence: string;
}

/** For `go list -deps -f`: a line for each package of a module that is not the one at hand. */
export const moduleTemplate =
  '{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}';

/**
 * The modules that `go list` told by `moduleTemplate`.
 * @throws {Error} that names those under the GNU Affero licence
 */
export function modulesOf(name: string, told: string): ListedModule[] {
  const lines = new Set(told.split('\n').filter((line) => line !== ''));
  const modules = [...lines].sort().map((line) => {
    const [path, version, directory] = line.split('\t') as [string, string, string];
    return { path, version, licence: licenceKind(directory) };
  });
  const refused = modules.filter(({ licence }) => isAffero(licence));
  if (refused.length > 0) {
    const which = refused.map(({ path, version }) => `${path} ${version}`).join(', ');
    throw new Error(`${name} would have in it what is under the GNU Affero licence: ${which}`);
  }
  return modules;
}

/** Undefined when there is no such file. */
export function readModuleList(file: string): ListedModule[] | undefined {
  if (!existsSync(file)) return undefined;
  const [, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [path, version, licence] = line.split('\t') as [string, string, string];
    return { path, version, licence };
  });
}

export function writeModuleList(file: string, modules: readonly ListedModule[]): void {
  const lines = modules.map(({ path, version, licence }) => [path, version, licence].join('\t'));
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${['module\tversion\tlicence', ...lines].join('\n')}\n`);
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
