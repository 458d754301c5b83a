import { readHttpUrl } from '../../http/index.ts';
import { customOption, mapOption, optionSection } from '../../runtime/index.ts';
import { isLabelName, targetOptions } from '../target-options.ts';

/** Without what does not belong into a base, or is secret. */
const readBase = (found: unknown): URL | undefined => {
  const url = readHttpUrl(found);
  if (url === undefined || url.pathname.endsWith('/push')) return undefined;
  return `${url.username}${url.password}${url.search}${url.hash}` === '' ? url : undefined;
};

/** What the log does not give itself. */
const isFree = (name: string): boolean => name !== 'level' && name !== 'service_name';

const loki = optionSection(
  "Push the program's own log, without flows, to Loki or VictoriaLogs.",
  {
    url: customOption(
      {
        description:
          'base URL of Loki, or of VictoriaLogs with /insert; Weir appends /loki/api/v1/push; enables the push',
        value: 'a URL without credentials and without /loki/api/v1/push, such as "http://127.0.0.1:3100"',
        json: { type: 'string' },
      },
      readBase,
    ),
    labels: mapOption(
      {
        description: 'labels of all entries besides service_name and level',
        value: 'a map of names to texts, such as { cluster: blue }',
        default: {} as Readonly<Record<string, string>>,
        json: { type: 'string', minLength: 1 },
      },
      'text, under a name of letters, digits and _ that is not level or service_name',
      (found, name) =>
        typeof found === 'string' && found !== '' && isLabelName(name) && isFree(name) ? found : undefined,
    ),
    ...targetOptions('loki', 'the log'),
  },
  ({ url, labels, ...others }) => {
    const isUsed =
      Object.keys(labels).length > 0 || Object.values(others).some((value) => value !== undefined);
    return url === undefined && isUsed ? 'a map with a url' : undefined;
  },
);

export const logOptions = optionSection('Destinations of the log besides standard error.', { loki });
