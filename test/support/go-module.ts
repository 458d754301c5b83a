import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { withFileLock } from './file-lock.ts';
import { undoAtExit } from './leftovers.ts';
import {
  checkModules,
  type ListedModule,
  modulesOf,
  moduleTemplate,
  readModuleList,
  writeModuleList,
} from './module-list.ts';
import { Program } from './program.ts';

/** File beside the programs that lists their modules with versions and licences. */
const moduleListName = 'modules.tsv';

/** The folder for built programs, for all checkouts of this machine. */
export const cacheDirectory = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'weir-test');

// stripped; and without git, which may refuse a checkout that another user owns
const linkOptions = '-s -w';
const buildOptions = ['-buildvcs=false'];
const buildTimeoutMs = 30 * 60_000;

export interface BuildOptions {
  /** Arguments of `go build`, so '.' is the folder itself. */
  packages: readonly string[];
  tags?: readonly string[];
  /** Values for variables of type string, each named with its package's path. */
  variables?: Readonly<Record<string, string>>;
}

/**
 * A folder with a go.mod and a go.sum, and the programs built from it. They are built once on each machine,
 * into a cache folder named for all inputs of the build except the version of Go.
 */
export class GoModule {
  readonly #source: string;
  readonly #args: readonly string[];
  /**
   * The folder of the programs, each named for the last part of its package's path. Exists once they are
   * built.
   */
  readonly directory: string;

  constructor(source: string, { packages, tags = [], variables = {} }: BuildOptions, cache = cacheDirectory) {
    this.#source = source;
    const settings = Object.entries(variables).map(([name, value]) => ` -X ${name}=${value}`);
    const link = `-ldflags=${linkOptions}${settings.join('')}`;
    this.#args = [link, ...buildOptions, `-tags=${tags.join()}`, ...packages];
    this.directory = join(cache, `${basename(source)}-${this.#fingerprint()}`);
  }

  get isBuilt(): boolean {
    return existsSync(this.directory);
  }

  /**
   * Builds the programs unless they exist, and reports progress to `say`. Of several processes one builds and
   * the others wait. Throws Go's errors, or when a module is under a licence that the tests do not allow.
   */
  async build(say: (line: string) => void): Promise<void> {
    if (this.isBuilt) return;
    mkdirSync(join(this.directory, '..'), { recursive: true });
    const work = async () => {
      if (!this.isBuilt) await this.#build(say);
    };
    await withFileLock(`${this.directory}.lock`, work, {
      onWait: () => say(`  ${basename(this.#source)}: another process builds it, waiting for that`),
      timeoutMs: buildTimeoutMs,
    });
  }

  /**
   * The modules in the built programs. Throws when a module is under a licence that the tests do not allow.
   */
  async modules(): Promise<readonly ListedModule[]> {
    const file = join(this.directory, moduleListName);
    const listed = readModuleList(file);
    if (listed !== undefined) {
      checkModules(basename(this.#source), listed);
      return listed;
    }
    const modules = await this.#listModules(); // built before lists were written, or by other rules
    writeModuleList(file, modules);
    return modules;
  }

  async #build(say: (line: string) => void): Promise<void> {
    const draft = `${this.directory}.draft`;
    const remove = () => rmSync(draft, { recursive: true, force: true });
    remove(); // the leftovers of a killed build
    const takeBack = undoAtExit(remove);
    const name = basename(this.#source);
    const started = performance.now();
    const seconds = () => ((performance.now() - started) / 1000).toFixed(0);
    say(`  ${name}: go build, into ${this.directory}`);
    const progress = setInterval(() => say(`  ${name}: still building after ${seconds()} s`), 60_000);
    try {
      const modules = await this.#listModules();
      await this.#go(['build', '-o', `${draft}/`, ...this.#args]);
      writeModuleList(join(draft, moduleListName), modules);
      renameSync(draft, this.directory);
      say(`  ${name}: built in ${seconds()} s`);
    } finally {
      clearInterval(progress);
      takeBack();
      remove();
    }
  }

  async #listModules(): Promise<ListedModule[]> {
    const told = await this.#go(['list', '-deps', '-f', moduleTemplate, ...this.#args]);
    return modulesOf(basename(this.#source), told);
  }

  /** Go's standard output. */
  async #go(args: readonly string[]): Promise<string> {
    const go = new Program(['go', ...args], { directory: this.#source, environment: { GOWORK: 'off' } });
    const insist = setTimeout(() => go.stop(), buildTimeoutMs);
    try {
      const { code, signal, stdout, stderr } = await go.ended;
      if (code !== 0) throw new Error(complaint(stderr) || `go ${args[0]} ended with ${signal ?? code}`);
      return stdout;
    } finally {
      clearTimeout(insist);
    }
  }

  #fingerprint(): string {
    const hash = createHash('sha256');
    hash.update(JSON.stringify([process.platform, process.arch, this.#args]));
    for (const file of readdirSync(this.#source).sort()) {
      hash.update(`\0${file}\0`).update(readFileSync(join(this.#source, file)));
    }
    return hash.digest('hex').slice(0, 12);
  }
}

/** The first lines of Go's errors, without its progress. */
function complaint(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() && !line.startsWith('go: downloading '));
  return lines.slice(0, 3).join('; ').slice(0, 500);
}
