import { readHttpUrl } from './address-option.ts';
import { mapOf, option, section, text } from './option.ts';

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

/** What Loki takes, and the log does not give itself. */
const isLabelName = (name: string): boolean =>
  /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && name !== 'level' && name !== 'service_name';

const loki = section(
  "The program's own log to a Loki, not flows.",
  {
    url: option(
      {
        description: "Loki's base, to which /loki/api/v1/push is added; turns this on",
        value: 'a URL without credentials and without /loki/api/v1/push, such as "http://127.0.0.1:3100"',
      },
      readBase,
    ),
    tenant: text({
      description: 'whose log it is, for a Loki with several tenants: the header X-Scope-OrgID',
      value: 'a name',
    }),
    labels: mapOf(
      {
        description: 'labels of all entries besides service_name and level',
        value: 'a map of names to texts, such as { cluster: blue }',
      },
      'text, under a name of letters, digits and _ that is not level or service_name',
      (found, name) => (typeof found === 'string' && found !== '' && isLabelName(name) ? found : undefined),
    ),
    headersFile: text({
      description: 'a file with one header a line, "name: value", such as "authorization: Bearer TOKEN"',
      value: 'the path of a file',
    }),
    caFile: text({
      description: "PEM certificates of the authorities that signed Loki's",
      value: 'the path of a file',
      default: "Node's",
    }),
  },
  ({ url, ...others }) =>
    url === undefined && Object.values(others).some((value) => value !== undefined)
      ? 'a map with a url'
      : undefined,
);

export const logOptions = section('Where the log goes besides standard error.', { loki });
