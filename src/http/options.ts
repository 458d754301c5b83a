import { customOption, type Option, pathOption } from '../runtime/index.ts';
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
