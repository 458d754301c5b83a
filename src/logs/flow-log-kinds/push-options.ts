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
        description: `its base, to which ${logServers[server].pushPath} is added unless it ends in /push`,
        value: `a URL without credentials, such as "${example}"`,
        json: { type: 'string' },
      },
      withoutSecrets,
    ),
  ),
  ...targetOptions(server, 'flows they are'),
  username: text({ description: 'for basic authentication', value: 'a name' }),
  passwordFile: file('its password'),
  bearerTokenFile: file('a token, for bearer authentication'),
  certificateFile: pem(`PEM certificate to show to ${logServers[server].title}`),
  keyFile: pem('its key'),
  encoding: choice(['protobuf', 'json'], {
    description: 'protobuf with snappy, or JSON with gzip for gateways that take no other',
    default: 'protobuf',
  }),
  timeout: duration('100ms', { description: 'a push that takes longer is repeated', default: 10_000 }),
  batchAge: duration('10ms', {
    description: 'how long a line waits for others at most',
    default: defaultFlowLogOptions.batchAgeMs,
  }),
  batchKilobytes: kilobytes(mostKilobytes, {
    description: 'entries of a push, not compressed',
    default: defaultFlowLogOptions.batchOctets,
  }),
  concurrency: integer(1, 64, {
    description: 'pushes at one time; the lines of a stream stay in order',
    default: defaultFlowLogOptions.concurrency,
  }),
  queueMegabytes: megabytes(65_536, {
    description: 'memory for lines that wait',
    derived: '64; 8 with a spool',
  }),
  spool: spoolOptions('Where lines wait on disk when there is no room in memory.'),
});
