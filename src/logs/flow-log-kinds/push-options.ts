import { readHttpUrl } from '../../http/index.ts';
import {
  choice,
  duration,
  integer,
  kilobytes,
  megabytes,
  option,
  path,
  required,
  text,
} from '../../runtime/index.ts';
import { spoolOptions } from '../../sinks/index.ts';
import { type LogServerName, logServers } from '../log-server.ts';
import { defaultFlowLogOptions } from '../options.ts';
import { targetOptions } from '../target-options.ts';

const withoutSecrets = (found: unknown): URL | undefined => {
  const url = readHttpUrl(found);
  return url !== undefined && `${url.username}${url.password}` === '' ? url : undefined;
};

const file = (description: string) => path('read', { description, value: 'the path of a file' });
const pem = (description: string) => path('pem', { description, value: 'the path of a file' });

/** How lines get there. */
export const pushOptions = (server: LogServerName, example: string, mostKilobytes: number) => ({
  url: required(
    option(
      {
        description: `base URL; Weir appends ${logServers[server].pushPath} unless the URL ends in /push`,
        value: `a URL without credentials, such as "${example}"`,
        json: { type: 'string' },
      },
      withoutSecrets,
    ),
  ),
  ...targetOptions(server, 'the flows'),
  username: text({ description: 'user for basic authentication', value: 'a name' }),
  passwordFile: file('its password'),
  bearerTokenFile: file('file with a token for bearer authentication'),
  certificateFile: pem(`PEM file with the client certificate for ${logServers[server].title}`),
  keyFile: pem('its key'),
  encoding: choice(['protobuf', 'json'], {
    description: 'protobuf with snappy, or JSON with gzip for gateways that accept nothing else',
    default: 'protobuf',
  }),
  timeout: duration('100ms', { description: 'time after which a push is repeated', default: 10_000 }),
  batchAge: duration('10ms', {
    description: 'maximum time that a line waits for others',
    default: defaultFlowLogOptions.batchAgeMs,
  }),
  batchKilobytes: kilobytes(mostKilobytes, {
    description: 'size of a push before compression',
    default: defaultFlowLogOptions.batchOctets,
  }),
  concurrency: integer(1, 64, {
    description: 'maximum number of concurrent pushes; the lines of a stream stay in order',
    default: defaultFlowLogOptions.concurrency,
  }),
  queueMegabytes: megabytes(65_536, {
    description: 'memory for waiting lines',
    derived: '64; 8 with a spool',
  }),
  spool: spoolOptions('Disk space for lines when memory is full.'),
});
