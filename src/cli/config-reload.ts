import { ConfigWatch, changedKeys, expectNamedPaths, type FileKind, type Loaded } from './config/index.ts';
import type { Service } from './service.ts';
import { refuseToStart } from './start-notes.ts';

/** A configuration file that a process reads again while it runs. */
export interface ReloadedFile<T> {
  readonly kind: FileKind;
  readonly path: string;
  readonly text: string;
  /** Values of the command line. */
  readonly defaults: readonly string[];
  readonly load: (text: string, file: string, defaults: readonly string[]) => Loaded<T>;
  /** The first parts of the keys whose changes `apply` applies. */
  readonly liveKeys: readonly string[];
  readonly apply: (settings: T) => Promise<void>;
}

/** Applies what may change while a process runs, and says which changes need a restart. */
export function watchConfig<T>(file: ReloadedFile<T>, service: Service): ConfigWatch {
  const { kind, path, text, defaults, load, liveKeys } = file;
  const { clock, log } = service;
  const isLive = (key: string) => liveKeys.some((live) => key === live || key.startsWith(`${live}.`));
  const started = load(text, path, defaults).values;
  let current = started;
  let toldKeys = '';
  const applyText = async (changed: string) => {
    const { settings, notes, values } = load(changed, path, defaults);
    refuseToStart(notes);
    await expectNamedPaths(changed, path, kind, defaults);
    const applied = changedKeys(current, values).filter(isLive);
    current = values;
    if (applied.length > 0) {
      await file.apply(settings);
      log.info('configuration', `reads ${path} again, and applies ${applied.join(', ')}`);
    }
    const others = changedKeys(started, values)
      .filter((key) => !isLive(key))
      .join(', ');
    if (others !== '' && others !== toldKeys)
      log.warn('configuration', `${path} has changed: restart this process for ${others}`);
    toldKeys = others;
  };
  return new ConfigWatch({ path, text, clock, log, apply: applyText });
}
