import { parse } from 'yaml';
import { nodeAt, type Option, type Section, WeirError } from '../../runtime/index.ts';
import { hasVariable } from './environment-variable.ts';
import { suggestKey } from './suggestion.ts';

/** A value for an option that the file leaves out. */
interface GivenDefault {
  readonly path: readonly string[];
  readonly option: Option<unknown>;
  readonly value: unknown;
}

/**
 * Puts values of the command line under those of a file: a value counts where the file has none. So one file
 * serves all nodes, and what differs between them stands in the command, where Kubernetes replaces variables.
 * @param found the parsed file
 * @param given such as "weir.nodeName=node-1"
 * @throws {WeirError} WEIR_USAGE_DEFAULT
 */
export function withGivenDefaults(found: unknown, given: readonly string[], root: Section): unknown {
  const defaults = given.map((text) => readDefault(text, root));
  const missing = defaults.filter(
    ({ path, option }) => !isSet(found, path) && !isSetByOlderKey(found, option),
  );
  return missing.reduce((values, { path, value }) => withValueAt(values, path, value), found);
}

function readDefault(text: string, root: Section): GivenDefault {
  const [, key = text, written = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  const path = key.split('.');
  const option = nodeAt(root, path);
  if (option?.kind !== 'option' || !text.includes('=')) {
    const advice = suggestKey(root, path.slice(0, -1), path.at(-1)!);
    const remedy =
      advice === undefined ? 'See "weir config example".' : `${advice[0]!.toUpperCase()}${advice.slice(1)}`;
    throw new WeirError(
      'WEIR_USAGE_DEFAULT',
      `--default ${text}: expected OPTION=VALUE with an option of the file`,
      {
        remedy,
      },
    );
  }
  const value = [written, parseValue(written)].find((candidate) => isValid(option, candidate));
  if (value === undefined || (hasVariable(written) && !option.isPattern)) {
    const what = `--default ${key}: expected ${option.value}, found ${JSON.stringify(written)}`;
    const remedy = hasVariable(written)
      ? 'Set that variable: nothing has replaced it.'
      : 'Correct the value.';
    throw new WeirError('WEIR_USAGE_DEFAULT', what, { remedy });
  }
  return { path, option, value };
}

/** As a file would have it: true, 5, [a, b]. */
function parseValue(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function isValid(option: Option<unknown>, value: unknown): boolean {
  try {
    return value !== undefined && value !== null && option.read(value) !== undefined;
  } catch {
    return false; // with a more specific expectation than the option's
  }
}

const isSetByOlderKey = (found: unknown, { olderKey }: Option<unknown>): boolean =>
  olderKey !== undefined && isSet(found, olderKey.split('.'));

/** Whether a file has a value at a path. A value in place of a map is a fault that others report. */
function isSet(found: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined || !isMap(found)) return (found ?? undefined) !== undefined;
  return isSet(found[key], rest);
}

function withValueAt(found: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const map = isMap(found) ? found : {};
  return { ...map, [key]: withValueAt(map[key], rest, value) };
}

const isMap = (found: unknown): found is Record<string, unknown> =>
  typeof found === 'object' && found !== null && !Array.isArray(found);
