import { customOption, optionSection } from '../../runtime/index.ts';
import { flowLogKind, objectionTo, pushSettings, withoutUndefined } from './flow-log-kind.ts';
import { metadataOption, omitting, staticPairs, streamFields, valuesEach } from './line-options.ts';
import { pushOptions } from './push-options.ts';

/** What a field of VictoriaLogs may be called; those with an underscore are its own. */
const isFieldName = (name: string): boolean => /^[a-zA-Z][a-zA-Z0-9_]{0,127}$/.test(name);

const DAY_MS = 86_400_000;
const retentionUnits: Readonly<Record<string, number>> = {
  h: DAY_MS / 24,
  d: DAY_MS,
  w: 7 * DAY_MS,
  y: 365 * DAY_MS,
};

/** Milliseconds of a duration as VictoriaLogs' own flags have it. */
const retentionOption = (description: string, ofFlag: string, days: number) =>
  customOption(
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

const options = optionSection(
  'Write flows as lines to VictoriaLogs.',
  {
    ...pushOptions('victoriaLogs', 'http://127.0.0.1:9428', 32_768),
    retention: retentionOption('age beyond which lines are dropped and counted', '-retentionPeriod', 7),
    futureRetention: retentionOption(
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
    fields: metadataOption('fields of their own, to filter by without reading the line'),
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

export const victoriaLogsKind = flowLogKind('victoriaLogs', options, (values) => {
  const { retention, futureRetention, staticFields, streamFields, valuesPerStreamField, fields, ...rest } =
    values;
  return withoutUndefined({
    ...pushSettings(rest),
    server: 'victoriaLogs' as const,
    retentionMs: retention,
    futureMs: futureRetention,
    staticLabels: staticFields,
    labels: streamFields,
    valuesPerLabel: valuesPerStreamField,
    metadata: fields,
  });
});
