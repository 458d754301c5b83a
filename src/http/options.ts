import { customOption, listOption, type Option, pathOption } from '../runtime/index.ts';
import { type HttpAddress, readHttpAddress, writeHttpAddress } from './http-address.ts';

/** Where a server answers that only this host may ask. */
export const httpListen = (description: string, byDefault: HttpAddress): Option<HttpAddress> =>
  customOption(
    {
      description,
      value:
        'a loopback address and port such as "127.0.0.1:10349", or a socket such as "unix:/run/weir/http.sock"',
      default: byDefault,
      json: { type: 'string' },
      write: writeHttpAddress,
    },
    readHttpAddress,
  );

export const tokenFile = pathOption('token', {
  description:
    'file with a bearer token, required for all paths but /healthz and /readyz; read again for each request',
  value: 'the path of a file',
});

/** Names without ports: a proxy or a forwarding may listen at any. */
export const httpNames = listOption(
  {
    description:
      'names, besides localhost, by which a proxy on this host is asked; requests that name another host are refused',
    value: 'names of hosts such as [weir.example.com]',
    default: [],
    json: { type: 'string' },
  },
  (found) => (typeof found === 'string' ? readHttpName(found) : undefined),
);

/** The name in lower case; undefined when it is none. */
export const readHttpName = (text: string): string | undefined =>
  /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text) && text.length <= 253 ? text.toLowerCase() : undefined;

export const httpBasePath = customOption(
  {
    description: 'path below which a proxy shows this server, if the proxy leaves it in requests',
    value: 'a path such as "/weir"',
    default: '',
    json: { type: 'string' },
    write: (path: string) => path || '""',
  },
  (found) => (typeof found === 'string' ? readBasePath(found) : undefined),
);

/** The path without a slash at its end; undefined when it is none. */
export const readBasePath = (text: string): string | undefined =>
  /^(\/[\w.~-]+)*\/?$/.test(text) && !/\/\.\.?(\/|$)/.test(text) ? text.replace(/\/$/, '') : undefined;

/** What `readCredentials` reads. @param whose whose certificates: "Loki's" */
export const credentialOptions = (example: string, whose: string) => ({
  headersFile: pathOption('headers', {
    description: `a file with one header a line, "name: value", such as ${example}`,
    value: 'the path of a file',
  }),
  caFile: pathOption('pem', {
    description: `PEM certificates of the authorities that signed ${whose}`,
    value: 'the path of a file',
    derived: "Node's",
  }),
});
