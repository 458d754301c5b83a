import { readHttpUrl } from './address-option.ts';
import { isLabelName, serverTarget } from './flow-log-options.ts';
import { mapOf, option, section } from './option.ts';

/*
 * The section `weir.log` of both files: where the program's own log goes besides standard error. Every option has its default where it
 * is read (log-settings.ts).
 */

/** Without what does not belong into a base, or is secret. */
const readBase = (found: unknown): URL | undefined => {
  const url = readHttpUrl(found);
  if (url === undefined || url.pathname.endsWith('/push')) return undefined;
  return `${url.username}${url.password}${url.search}${url.hash}` === '' ? url : undefined;
};

/** What the log does not give itself. */
const isFree = (name: string): boolean => name !== 'level' && name !== 'service_name';

const loki = section(
  "The program's own log to a Loki or a VictoriaLogs, not flows.",
  {
    url: option(
      {
        description:
          "Loki's base, or VictoriaLogs' with /insert, to which /loki/api/v1/push is added; turns this on",
        value: 'a URL without credentials and without /loki/api/v1/push, such as "http://127.0.0.1:3100"',
      },
      readBase,
    ),
    labels: mapOf(
      {
        description: 'labels of all entries besides service_name and level',
        value: 'a map of names to texts, such as { cluster: blue }',
      },
      'text, under a name of letters, digits and _ that is not level or service_name',
      (found, name) =>
        typeof found === 'string' && found !== '' && isLabelName(name) && isFree(name) ? found : undefined,
    ),
    ...serverTarget('loki', 'log it is'),
  },
  ({ url, ...others }) =>
    url === undefined && Object.values(others).some((value) => value !== undefined)
      ? 'a map with a url'
      : undefined,
);

export const logOptions = section('Where the log goes besides standard error.', { loki });
