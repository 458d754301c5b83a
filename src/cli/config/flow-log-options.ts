import {
  defaultFlowLogOptions,
  defaultLogLayout,
  defaultStaticLabels,
  type LogServerName,
  labelFieldNames,
  lineFieldNames,
  logFieldNames,
  logServers,
  mostLabels,
  omittableFieldNames,
  readTenant,
} from '../../logs/index.ts';
import {
  choice,
  duration,
  integer,
  kilobytes,
  listOfNames,
  mapOf,
  megabytes,
  type Objection,
  option,
  optional,
  path,
  required,
  section,
  text,
} from '../../runtime/index.ts';
import { readHttpUrl } from './address-option.ts';

/*
 * The sinks `loki` and `victoriaLogs` of the aggregator's file: flows as lines in one of both.
 */

const titles = { loki: logServers.loki.title, victoriaLogs: logServers.victoriaLogs.title } as const;

/** Options that name a server and say who one is, which the program's own log has as well. */
export const serverTarget = (server: LogServerName, what: string) => ({
  tenant: tenants[server](what),
  headersFile: path('headers', {
    description: 'file with one header a line, "name: value", such as "authorization: Bearer TOKEN"',
    value: 'the path of a file',
  }),
  caFile: path('pem', {
    description: `PEM file with the CA certificates for ${titles[server]}`,
    value: 'the path of a file',
    derived: "Node's",
  }),
});

const tenants = {
  loki: (what: string) =>
    text({
      description: `tenant of ${what}, for a Loki with several tenants: the header X-Scope-OrgID`,
      value: 'a name',
    }),
  victoriaLogs: (what: string) =>
    option(
      {
        description: `tenant of ${what}: the headers AccountID and ProjectID`,
        value: 'AccountID or AccountID:ProjectID, such as "7" or "7:2"',
        derived: "VictoriaLogs' own, 0:0",
        json: { type: ['string', 'number'] },
      },
      (found) =>
        typeof found === 'string' || typeof found === 'number'
          ? readTenant('victoriaLogs', String(found))
          : undefined,
    ),
};

/** What a label of Loki may be called; two underscores are Loki's own. */
export const isLabelName = (name: string): boolean => /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);

/** What a field of VictoriaLogs may be called; those with an underscore are its own. */
const isFieldName = (name: string): boolean => /^[a-zA-Z][a-zA-Z0-9_]{0,127}$/.test(name);

/** What lines and streams have besides static labels. */
const taken: ReadonlySet<string> = new Set([...logFieldNames, ...lineFieldNames]);

const withoutSecrets = (found: unknown): URL | undefined => {
  const url = readHttpUrl(found);
  return url !== undefined && `${url.username}${url.password}` === '' ? url : undefined;
};

const file = (description: string) => path('read', { description, value: 'the path of a file' });
const pem = (description: string) => path('pem', { description, value: 'the path of a file' });

/** Where a sink puts what its receiver cannot take. */
export const spoolSection = (what: string) =>
  optional(
    section(what, {
      directory: required(
        path('make', { description: 'directory of this sink alone', value: 'the path of a directory' }),
      ),
      megabytes: megabytes(16_777_216, {
        description: 'maximum disk space',
        default: 1_073_741_824,
      }),
    }),
  );

/** How lines get there. */
const pushing = (server: LogServerName, example: string, mostKilobytes: number) => ({
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
  ...serverTarget(server, 'the flows'),
  username: text({ description: 'user for basic authentication', value: 'a name' }),
  passwordFile: file('its password'),
  bearerTokenFile: file('file with a token for bearer authentication'),
  certificateFile: pem(`PEM file with the client certificate for ${titles[server]}`),
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
  spool: spoolSection('Disk space for lines when memory is full.'),
});

const staticPairs = (description: string, names: string, isName: (name: string) => boolean) =>
  mapOf(
    {
      description,
      value: 'a map of names to texts, such as { environment: production }',
      default: defaultStaticLabels as Readonly<Record<string, string>>,
      json: { type: 'string', minLength: 1 },
    },
    `text, under a name of ${names}, which no field of a flow has`,
    (found, name) =>
      typeof found === 'string' && found !== '' && isName(name) && !taken.has(name) ? found : undefined,
  );

const streamFields = listOfNames(labelFieldNames, {
  description: `further labels of streams, at most ${mostLabels}`,
  value: `a list of ${labelFieldNames.join(', ')}`,
  default: defaultLogLayout.labels,
});

const metadata = (description: string) =>
  listOfNames(logFieldNames, {
    description,
    value:
      'a list of fields of the flow record, verdict, observedBy, sourceWorkload, destinationWorkload, communityId',
    default: defaultLogLayout.metadata,
  });

const valuesEach = (what: string) =>
  integer(1, 4_000, {
    description: `maximum number of values of the ${what} namespace, node and cluster; further ones become "other"`,
    default: 100,
  });

/** What of the flows is logged. */
const omitting = {
  omit: listOfNames(omittableFieldNames, {
    description: 'fields that are not logged; the line contains all others',
    value: 'a list of fields of the flow record other than those that every line begins with',
    default: defaultLogLayout.omit,
  }),
  sampleOneOf: integer(1, 1_000_000, {
    description: 'log one of N flows that no policy denied, with weight=N in its line; 1 logs all',
    default: defaultFlowLogOptions.sampleOneOf,
  }),
};

export const lokiSink = section(
  'Write flows as lines to Loki.',
  {
    ...pushing('loki', 'http://127.0.0.1:3100', 65_536),
    staticLabels: staticPairs('labels of every stream', 'letters, digits and _', isLabelName),
    labels: streamFields,
    valuesPerLabel: valuesEach('labels'),
    metadata: metadata('fields that are structured metadata, to filter by without reading the line'),
    ...omitting,
  },
  (values) => objectionTo(values, 'labels'),
  {
    streamFields: 'labels',
    staticFields: 'staticLabels',
    valuesPerStreamField: 'valuesPerLabel',
    fields: 'metadata',
    structuredMetadata: 'metadata',
  },
);

const DAY_MS = 86_400_000;
const retentionUnits: Readonly<Record<string, number>> = {
  h: DAY_MS / 24,
  d: DAY_MS,
  w: 7 * DAY_MS,
  y: 365 * DAY_MS,
};

/** Milliseconds of a duration as VictoriaLogs' own flags have it. */
const retention = (description: string, ofFlag: string, days: number) =>
  option(
    {
      description: `${description}; set it to VictoriaLogs' ${ofFlag}`,
      value: 'hours, days, weeks or years, at least a day, such as "48h" or "30d"',
      default: days * DAY_MS,
      json: { type: 'string', pattern: '^[0-9]{1,5}[hdwy]$' },
      write: (ms) => `${ms / DAY_MS}d`,
    },
    (found): number | undefined => {
      const [, number, unit] = /^(\d{1,5})([hdwy])$/.exec(String(found)) ?? [];
      const ms = Number(number) * retentionUnits[unit!]!;
      return ms >= DAY_MS ? ms : undefined;
    },
  );

export const victoriaLogsSink = section(
  'Write flows as lines to VictoriaLogs.',
  {
    ...pushing('victoriaLogs', 'http://127.0.0.1:9428', 32_768),
    retention: retention('age beyond which lines are dropped and counted', '-retentionPeriod', 7),
    futureRetention: retention(
      'distance into the future beyond which lines are dropped and counted',
      '-futureRetention',
      2,
    ),
    staticFields: staticPairs(
      'stream fields of every line',
      'letters, digits and _, which begins with a letter and has 128 at most',
      isFieldName,
    ),
    streamFields,
    valuesPerStreamField: valuesEach('stream fields'),
    fields: metadata('fields of their own, to filter by without reading the line'),
    ...omitting,
  },
  (values) => objectionTo(values, 'streamFields'),
  {
    labels: 'streamFields',
    staticLabels: 'staticFields',
    valuesPerLabel: 'valuesPerStreamField',
    metadata: 'fields',
    retentionPeriod: 'retention',
  },
);

/** What is wrong with a sink whose options are right one by one. */
function objectionTo(others: Readonly<Record<string, unknown>>, streamsBy: string): Objection | undefined {
  const fields = others[streamsBy] as readonly string[];
  if (fields.length > mostLabels) return { key: streamsBy, expected: `at most ${mostLabels} ${streamsBy}` };
  if (others.bearerTokenFile !== undefined && others.username !== undefined)
    return 'username or bearerTokenFile, not both';
  if (others.passwordFile !== undefined && others.username === undefined)
    return { key: 'passwordFile', expected: 'a username beside it' };
  if ((others.certificateFile === undefined) !== (others.keyFile === undefined))
    return 'certificateFile and keyFile together';
  return undefined;
}
