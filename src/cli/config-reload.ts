import type { LogLevel, Section } from '../runtime/index.ts';
import {
  ConfigWatch,
  changedKeys,
  expectNamedPaths,
  type FileKind,
  type Loaded,
  readConfigFile,
} from './config/for-agent.ts';
import type { Service } from './service.ts';
import { refuseToStart } from './start-notes.ts';

/** A configuration file that a process reads at its start, and again while it runs. */
export interface ReloadedFile<T> {
  readonly kind: FileKind;
  readonly path: string;
  /** Values of the command line. */
  readonly defaults: readonly string[];
  /** Its options. */
  readonly root: Section;
  readonly load: (text: string, file: string, defaults: readonly string[]) => Loaded<T>;
}

/** The same with what a text of it says. */
export interface ReadConfig<T> extends ReloadedFile<T>, Loaded<T> {
  readonly text: string;
}

/** What may change while a process runs. */
export interface LiveConfig<T> {
  /** The first parts of the keys whose changes go to `apply`. The log level's is one of them. */
  readonly liveKeys: readonly string[];
  readonly apply: (settings: T, keys: readonly string[]) => void | Promise<void>;
}

/** @throws {WeirError} when the process cannot run with it */
export async function readConfig<T>(
  file: ReloadedFile<T>,
  text = readConfigFile(file.path),
): Promise<ReadConfig<T>> {
  const { path, root, defaults } = file;
  const loaded = await loadText(file, text);
  refuseToStart(loaded.notes);
  await expectNamedPaths(text, path, root, defaults);
  return { ...file, ...loaded, text };
}

/** The file of the other program is refused as a whole. An agent knows the keys of that file only then. */
async function loadText<T>(
  { kind, path, defaults, load }: ReloadedFile<T>,
  text: string,
): Promise<Loaded<T>> {
  try {
    return load(text, path, defaults);
  } catch (error) {
    const { expectKind, unwrapConfigMap } = await import('./config/index.ts');
    expectKind(kind, unwrapConfigMap(text), path);
    throw error;
  }
}

/** Applies what may change while a process runs, and says which changes need a restart. */
export function watchConfig<T extends { readonly logLevel: LogLevel }>(
  started: ReadConfig<T>,
  { liveKeys, apply }: LiveConfig<T>,
  service: Service,
): ConfigWatch {
  const { path, text } = started;
  const { clock, log } = service;
  const isLive = (key: string) => liveKeys.some((live) => key === live || key.startsWith(`${live}.`));
  let current = started.values;
  let toldKeys = '';
  const applyText = async (changed: string) => {
    const { settings, values } = await readConfig(started, changed);
    const applied = changedKeys(current, values).filter(isLive);
    current = values;
    if (applied.length > 0) {
      log.level = settings.logLevel;
      await apply(settings, applied);
      log.info('configuration', `reads ${path} again, and applies ${applied.join(', ')}`);
    }
    const others = changedKeys(started.values, values)
      .filter((key) => !isLive(key))
      .join(', ');
    if (others !== '' && others !== toldKeys)
      log.warn('configuration', `${path} has changed: restart this process for ${others}`);
    toldKeys = others;
  };
  return new ConfigWatch({ path, text, clock, log, apply: applyText });
}
