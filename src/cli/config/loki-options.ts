import {
  defaultLogLayout,
  labelFieldNames,
  logFieldNames,
  mostLabels,
  omittableFieldNames,
} from '../../logs/index.ts';
import { readHttpUrl } from './address-option.ts';
import {
  choice,
  duration,
  integer,
  list,
  mapOf,
  type Objection,
  oneOf,
  option,
  section,
  text,
} from './option.ts';

/*
 * A sink `loki` of the aggregator's file: flows as lines in a Loki. Every option has its default where it is read
 * (loki-settings.ts, src/logs).
 */

/** Options that name Loki and say who one is, which the program's own log has as well. */
export const lokiTarget = (what: string) => ({
  tenant: text({
    description: `whose ${what}, for a Loki with several tenants: the header X-Scope-OrgID`,
    value: 'a name',
  }),
  headersFile: text({
    description: 'a file with one header a line, "name: value", such as "authorization: Bearer TOKEN"',
    value: 'the path of a file',
  }),
  caFile: text({
    description: "PEM certificates of the authorities that signed Loki's",
    value: 'the path of a file',
    default: "Node's",
  }),
});

/** What a label of Loki may be called; two underscores are Loki's own. */
export const isLabelName = (name: string): boolean => /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);

const withoutSecrets = (found: unknown): URL | undefined => {
  const url = readHttpUrl(found);
  return url !== undefined && `${url.username}${url.password}` === '' ? url : undefined;
};

const file = (description: string) => text({ description, value: 'the path of a file' });

export const lokiSink = section(
  'Lines in a Loki.',
  {
    url: option(
      {
        description: "Loki's base, to which /loki/api/v1/push is added unless it ends in /push",
        value: 'a URL without credentials, such as "http://127.0.0.1:3100"',
      },
      withoutSecrets,
    ),
    ...lokiTarget('flows they are'),
    username: text({ description: 'for basic authentication', value: 'a name' }),
    passwordFile: file('its password'),
    bearerTokenFile: file('a token, for bearer authentication'),
    certificateFile: file('PEM certificate to show to Loki'),
    keyFile: file('its key'),
    encoding: choice(['protobuf', 'json'], {
      description: 'protobuf with snappy, or JSON with gzip for gateways that take no other',
      default: 'protobuf',
    }),
    timeout: duration('100ms', { description: 'a push that takes longer is repeated', default: '10s' }),
    batchAge: duration('10ms', { description: 'how long a line waits for others at most', default: '1s' }),
    batchKilobytes: integer(1, 65_536, { description: 'entries of a push, not compressed', default: '1024' }),
    concurrency: integer(1, 64, {
      description: 'pushes at one time; the lines of a stream stay in order',
      default: '4',
    }),
    queueMegabytes: integer(1, 65_536, {
      description: 'memory for lines that wait',
      default: '64; 8 with a spool',
    }),
    spool: section('Where lines wait on disk when there is no room in memory.', {
      directory: text({ description: 'of this sink alone', value: 'the path of a directory' }),
      megabytes: integer(1, 16_777_216, { description: 'disk that it takes at most', default: '1024' }),
    }),
    staticLabels: mapOf(
      {
        description: 'labels of every stream',
        value: 'a map of names to texts, such as { environment: production }',
        default: '{ service_name: weir-flows }',
      },
      'text, under a name of letters, digits and _',
      (found, name) => (typeof found === 'string' && found !== '' && isLabelName(name) ? found : undefined),
    ),
    labels: list(
      {
        description: `what else makes a stream, at most ${mostLabels}`,
        value: `a list of ${labelFieldNames.join(', ')}`,
        default: `[${defaultLogLayout.labels.join(', ')}]`,
      },
      oneOf(labelFieldNames),
    ),
    valuesPerLabel: integer(1, 4_000, {
      description: 'values of the labels namespace, node and cluster; more are "other"',
      default: '100',
    }),
    metadata: list(
      {
        description: 'fields that are structured metadata, to filter by without reading the line',
        value:
          'a list of fields of the flow record, verdict, observedBy, sourceWorkload, destinationWorkload, communityId',
        default: `[${defaultLogLayout.metadata.join(', ')}]`,
      },
      oneOf(logFieldNames),
    ),
    omit: list(
      {
        description: 'fields that are not logged; all others are in the line',
        value: 'a list of fields of the flow record other than those that every line begins with',
        default: `[${defaultLogLayout.omit.join(', ')}]`,
      },
      oneOf(omittableFieldNames),
    ),
    sampleOneOf: integer(1, 1_000_000, {
      description: 'of so many flows that no policy denied one is logged, with weight=N in its line',
      default: '1, all of them',
    }),
  },
  ({ url, labels, spool, ...others }): Objection | undefined => {
    if (url === undefined) {
      const isUsed = [labels, ...Object.values(spool), ...Object.values(others)].some(
        (one) => one !== undefined,
      );
      return isUsed ? 'a map with a url' : undefined;
    }
    if (labels !== undefined && labels.length > mostLabels)
      return { key: 'labels', expected: `at most ${mostLabels} labels` };
    if (others.bearerTokenFile !== undefined && others.username !== undefined)
      return 'username or bearerTokenFile, not both';
    if ((others.certificateFile === undefined) !== (others.keyFile === undefined))
      return 'certificateFile and keyFile together';
    if (spool.directory === undefined && spool.megabytes !== undefined)
      return { key: 'spool', expected: 'a directory' };
    return undefined;
  },
);
