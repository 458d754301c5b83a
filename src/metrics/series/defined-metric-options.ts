import {
  choiceOption,
  customOption,
  nameListOption,
  type Objection,
  optionalSection,
  optionSection,
  optionSectionList,
  requiredOption,
  type SectionValues,
  textOption,
} from '../../runtime/index.ts';
import { filterOption } from '../../sinks/index.ts';
import { type DefinedMetric, type DefinedValue, definedValues, measureOf } from './defined-metric.ts';
import { groupingNames, type LabelName, labels, measuresOf } from './grouping.ts';

const metricName = /^[a-z][a-z0-9_]*$/;
const labelNames = Object.keys(labels) as LabelName[];
const valueNames = Object.keys(definedValues) as DefinedValue[];
const valuesOf = (type: DefinedMetric['type']) =>
  valueNames.filter((value) => definedValues[value].type === type).join(', ');

export const definedMetricOptions = optionSectionList(
  'Flow metrics that you define.',
  {
    name: requiredOption(
      customOption(
        {
          description:
            'the metric is weir_flow_NAME; Weir appends the unit and _total where they are missing',
          value: 'a name of lower-case letters, digits and _ that begins with a letter',
          json: { type: 'string', pattern: metricName.source },
        },
        (found) => (typeof found === 'string' && metricName.test(found) ? found : undefined),
      ),
    ),
    type: choiceOption(['counter', 'histogram'], {
      description: 'a sum, or a distribution of flows',
      default: 'counter',
    }),
    value: requiredOption(
      choiceOption(valueNames, {
        description: `${valuesOf('counter')} for a counter, ${valuesOf('histogram')} for a histogram`,
      }),
    ),
    filter: filterOption('only flows that pass this filter'),
    labels: nameListOption(labelNames, {
      description: 'what it is split by, none for one series; the labels are those of the groupings',
      value: `a list of ${labelNames.join(', ')}`,
      default: [],
    }),
    buckets: customOption(
      {
        description: 'upper bounds of a histogram, in seconds or octets',
        value: 'a list of rising numbers above 0',
        derived: 'bounds that fit the value',
        json: { type: 'array', items: { type: 'number', exclusiveMinimum: 0 }, minItems: 1 },
      },
      readBuckets,
    ),
    description: textOption({ description: 'help text of the metric', value: 'a sentence' }),
    panel: optionalSection(
      optionSection('Panel in a dashboard.', {
        dashboard: textOption({
          description: 'the dashboard that shows it',
          value: 'a name',
          default: 'Flow metrics',
        }),
        title: textOption({
          description: 'title of the panel',
          value: 'a text',
          derived: "the description, or the metric's name",
        }),
        unit: textOption({ description: "Grafana's name of the axis's unit", value: 'a unit such as "Bps"' }),
      }),
    ),
  },
  objectionToDefined,
);

function readBuckets(found: unknown): number[] | undefined {
  if (!Array.isArray(found) || found.length === 0) return undefined;
  const rise = found.every(
    (bound, i) => typeof bound === 'number' && Number.isFinite(bound) && bound > (i === 0 ? 0 : found[i - 1]),
  );
  return rise ? found : undefined;
}

/** A metric of the file. */
type Given = Pick<DefinedMetric, 'name' | 'type' | 'value'> & { readonly buckets: unknown };

function objectionToDefined(
  { name, type, value, buckets }: Given,
  earlier: readonly Given[],
): Objection | undefined {
  if (definedValues[value].type !== type) {
    return { key: 'value', expected: `one of ${valuesOf(type)} for a ${type}` };
  }
  if (type === 'counter' && buckets !== undefined) {
    return { key: 'buckets', expected: 'no buckets for a counter' };
  }
  if (earlier.some((other) => other.name === name)) {
    return { key: 'name', expected: 'a name that no metric before it has' };
  }
  const family = familyOf({ name, type, value, buckets });
  const others = [...groupingFamilies, ...earlier.map(familyOf)];
  return others.includes(family)
    ? { key: 'name', expected: `a name other than that of ${family}, which there is already` }
    : undefined;
}

/** The name of a metric family: without _total for a counter, as in OpenMetrics. */
const familyOf = ({ name, type, value }: Given): string =>
  withoutTotal(measureOf({ name, type, value, labels: [] }).name);
const withoutTotal = (name: string): string => name.replace(/_total$/, '');
const groupingFamilies = groupingNames.flatMap(measuresOf).map(({ name }) => withoutTotal(name));

/** A metric of a file. */
export function definedMetric({
  name,
  type,
  value,
  labels,
  panel,
  ...others
}: SectionValues<typeof definedMetricOptions>): DefinedMetric {
  const { description, filter, buckets } = others;
  return {
    name,
    type,
    value,
    labels: [...new Set(labels)],
    ...(filter !== undefined && { filter }),
    ...(buckets !== undefined && { buckets }),
    ...(description !== undefined && { description }),
    ...(panel !== undefined && {
      panel: {
        dashboard: panel.dashboard,
        title: panel.title ?? description ?? name,
        ...(panel.unit !== undefined && { unit: panel.unit }),
      },
    }),
  };
}
