import {
  createTheme,
  type DataFrame,
  type Field,
  FieldType,
  getDisplayProcessor,
  getFieldDisplayName,
  getMinMaxAndDelta,
  standardTransformers,
  standardTransformersRegistry,
  transformDataFrame,
} from '@grafana/data';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Answer } from '../drawn-dashboard.ts';

export const theme = createTheme({ colors: { mode: 'light' } });

const { mergeTransformer, organizeFieldsTransformer, calculateFieldTransformer } = standardTransformers;

standardTransformersRegistry.setInit(() =>
  [mergeTransformer, organizeFieldsTransformer, calculateFieldTransformer].map((transformation) => ({
    id: transformation.id,
    name: transformation.name,
    transformation: async () => transformation,
    editor: async () => null as never,
    imageDark: '',
    imageLight: '',
  })),
);

/** The answers of a panel as Grafana's frames, with its transformations and field settings applied. */
export async function framesOf(panel: Panel, answers: readonly Answer[]): Promise<DataFrame[]> {
  const frames = answers.flatMap((answer) =>
    answer.isTable ? tableOf(answer, answers.length) : seriesOf(answer),
  );
  const steps = (panel.transformations ?? []) as { id: string; options: object }[];
  const transformed =
    steps.length === 0
      ? frames
      : await new Promise<DataFrame[]>(
          (resolve) => void transformDataFrame(steps, frames).subscribe(resolve),
        );
  let at = 0;
  for (const frame of transformed) {
    for (const field of frame.fields) {
      if (field.type === FieldType.number) field.state = { ...field.state, seriesIndex: at++ };
      configureField(panel, field, frame, transformed);
    }
  }
  return transformed;
}

function seriesOf({ refId, series }: Answer): DataFrame[] {
  return series.map(({ name, labels, times, values }) => ({
    refId,
    name,
    length: times.length,
    fields: [
      { name: 'Time', type: FieldType.time, config: {}, values: [...times] },
      {
        name: 'Value',
        type: FieldType.number,
        config: { displayNameFromDS: name },
        labels: { ...labels },
        values: [...values],
      },
    ],
  }));
}

/** With several queries, Grafana names the query of each value column. */
function tableOf({ refId, series }: Answer, queries: number): DataFrame[] {
  if (series.length === 0) return [];
  const labels = [...new Set(series.flatMap((one) => Object.keys(one.labels)))];
  return [
    {
      refId,
      length: series.length,
      fields: [
        { name: 'Time', type: FieldType.time, config: {}, values: series.map(({ times }) => times[0]!) },
        ...labels.map((label) => ({
          name: label,
          type: FieldType.string,
          config: {},
          values: series.map((one) => one.labels[label]),
        })),
        {
          name: queries > 1 ? `Value #${refId}` : 'Value',
          type: FieldType.number,
          config: {},
          values: series.map(({ values }) => values[0]!),
        },
      ],
    },
  ];
}

/** Defaults and overrides of the panel, which Grafana keeps by dotted names. */
function configureField(panel: Panel, field: Field, frame: DataFrame, all: DataFrame[]): void {
  const { defaults, overrides } = panel.fieldConfig!;
  const name = getFieldDisplayName(field, frame, all);
  const config = structuredClone({ ...defaults, ...field.config }) as unknown as Record<string, unknown>;
  config.custom = structuredClone(defaults.custom ?? {});
  config.color ??= { mode: panel.type === 'timeseries' ? 'palette-classic' : 'thresholds' };
  config.links = [];
  for (const { matcher, properties } of overrides ?? []) {
    const isMeant = matcher.options === (matcher.id === 'byFrameRefID' ? frame.refId : name);
    if (!isMeant) continue;
    for (const { id, value } of properties) if (id && id !== 'links') setProperty(config, id, value);
  }
  field.config = config as Field['config'];
  // the sparklines of numbers read it
  if (field.type === FieldType.number) field.state = { ...field.state, range: getMinMaxAndDelta(field) };
  field.display = getDisplayProcessor({ field, theme });
}

function setProperty(config: Record<string, unknown>, id: string, value: unknown): void {
  const [first, rest] = id.split(/\.(.*)/);
  if (rest === undefined) config[first!] = value;
  else (config[first!] as Record<string, unknown>)[rest] = value;
}
