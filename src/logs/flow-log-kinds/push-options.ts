import { readHttpUrl } from '../../http/index.ts';
import {
  choiceOption,
  customOption,
  durationOption,
  flagOption,
  integerOption,
  kilobytesOption,
  megabytesOption,
  pathOption,
  requiredOption,
  textOption,
  timerOption,
} from '../../runtime/index.ts';
import { spoolOptions } from '../../sinks/index.ts';
import { type LogServerName, logServers } from '../log-server.ts';
import { defaultFlowLogOptions, defaultQueueOctets } from '../options.ts';
import { targetOptions } from '../target-options.ts';

const queueMegabytes = (hasSpool: boolean): number => defaultQueueOctets(hasSpool) / 1_048_576;

const withoutSecrets = (found: unknown): URL | undefined => {
  const url = readHttpUrl(found);
  return url !== undefined && `${url.username}${url.password}` === '' ? url : undefined;
};

const fileOption = (description: string) => pathOption('read', { description, value: 'the path of a file' });
const pemOption = (description: string) => pathOption('pem', { description, value: 'the path of a file' });

/** How lines get there. */
export const pushOptions = (server: LogServerName, example: string, mostKilobytes: number) => ({
  url: requiredOption(
    customOption(
      {
        description: `base URL; Weir appends ${logServers[server].pushPath} unless the URL ends in /push`,
        value: `a URL without credentials, such as "${example}"`,
        json: { type: 'string' },
      },
      withoutSecrets,
    ),
  ),
  ...targetOptions(server, 'the flows'),
  username: textOption({ description: 'user for basic authentication', value: 'a name' }),
  passwordFile: fileOption('its password'),
  bearerTokenFile: fileOption('file with a token for bearer authentication'),
  certificateFile: pemOption(`PEM file with the client certificate for ${logServers[server].title}`),
  keyFile: pemOption('its key'),
  encoding: choiceOption(['protobuf', 'json'], {
    description: 'protobuf with snappy, or JSON with gzip for gateways that accept nothing else',
    default: 'protobuf',
  }),
  timeout: timerOption('100ms', { description: 'time after which a push is repeated', default: 10_000 }),
  batchAge: durationOption('10ms', {
    description: 'maximum time that a line waits for others',
    default: defaultFlowLogOptions.batchAgeMs,
  }),
  batchKilobytes: kilobytesOption(mostKilobytes, {
    description: 'size of a push before compression',
    default: defaultFlowLogOptions.batchOctets,
  }),
  concurrency: integerOption(1, 64, {
    description: 'maximum number of concurrent pushes; the lines of a stream stay in order',
    default: defaultFlowLogOptions.concurrency,
  }),
  queueMegabytes: megabytesOption(65_536, {
    description: 'memory for waiting lines',
    derived: `${queueMegabytes(false)}; ${queueMegabytes(true)} with a spool`,
  }),
  events: flagOption({
    description: 'also write the events of the Kubernetes cluster, with the same fields',
    derived: 'true, but false for a sink with a filter',
  }),
  spool: spoolOptions('Disk space for lines when memory is full.'),
});
