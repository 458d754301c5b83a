import {
  attributeOf,
  type GroupingName,
  groupingNames,
  groupings,
  type LabelName,
  labelNotes,
  labels,
  measuresOf,
  otelNameOf,
  type ProcessMetric,
  type ProcessMetricName,
  processMetrics,
} from '../src/metrics/index.ts';

/** docs/reference/metrics.md, from the tables of groupings, labels and process metrics. */
export function metricsPage(written: string): string {
  return `${written}# Metrics

What \`/metrics\` shows and OTLP sends. A Prometheus name ends in its unit, and in \`_total\` when it is a counter; the name and the
attributes beside it are OpenTelemetry's. Attributes in *italics* are Weir's own, the others are of OpenTelemetry's semantic conventions.
How to have them read: [flows in Prometheus](../how-to/prometheus.md), [metrics by OTLP](../how-to/otlp.md).

## Flows

The aggregator and \`weir up\` tell them, for each grouping that is switched on (\`weir.metrics.groupings\`; \`workload\` when nothing is said). Each
grouping has metrics of its own, so that a sum over one metric counts nothing twice. Whatever did not fit a grouping's budget is in the series
whose labels all say \`other\`.

In the groupings of two ends octets and packets go from \`source_…\` to \`destination_…\`, whoever opened the connection; flows belong to the end that
opened it. In the others \`direction\` is \`original\` towards the destination and \`reverse\` from it, and flows count as \`original\`; of \`external\` it is
\`transmit\` or \`receive\`, as the workload inside sees it. A label that has no value is left out.

${groupingNames.map(groupingSection).join('\n')}
### Labels

| label | attribute | holds |
|---|---|---|
${(Object.keys(labels) as LabelName[]).map(labelRow).join('\n')}

## Agents

An agent and \`weir up\` tell them.

${processTable('agent')}

## Aggregator

The aggregator and \`weir up\` tell them.

${processTable('aggregator')}

## Every process

\`weir_ledger_…\` are the accounts of \`/ledger\`: received = sent + dropped + held.

${processTable('every')}

\`target_info\` is always 1 and has what OpenTelemetry calls the resource as labels: name, version and instance of the service. By OTLP there is no
such metric; the resource itself is sent.

### Their labels

| label | attribute |
|---|---|
${processLabels.map((label) => `| \`${label}\` | ${attributeText(label, 'process')} |`).join('\n')}
`;
}

function groupingSection(name: GroupingName): string {
  const rows = measuresOf(name).map(
    (measure) =>
      `| \`${measure.name}\` | \`${measure.otelName}\` | ${measure.unit} | ${measure.description} |`,
  );
  const notes = Object.entries(labelNotes[name] ?? {}).map(([label, note]) => `\`${label}\` is the ${note}.`);
  const text = [`Labels: ${groupings[name].labels.map((label) => `\`${label}\``).join(', ')}.`, ...notes];
  return `### ${name}: ${groupings[name].description}

${text.join(' ')}

| counter | OpenTelemetry | unit | counts |
|---|---|---|---|
${rows.join('\n')}
`;
}

function labelRow(label: LabelName): string {
  const attributes = new Set(
    groupingNames
      .filter((name) => (groupings[name].labels as readonly string[]).includes(label))
      .map((name) => attributeText(label, name)),
  );
  return `| \`${label}\` | ${[...attributes].join(' or ')} | ${labels[label]} |`;
}

function attributeText(label: string, source: string): string {
  const { attribute, isConvention } = attributeOf(label, source);
  return isConvention ? `\`${attribute}\`` : `*\`${attribute}\`*`;
}

function processTable(of: ProcessMetric['of']): string {
  const rows = Object.entries<ProcessMetric>(processMetrics)
    .filter(([, metric]) => metric.of === of)
    .map(([name, { type, unit, labels, description }]) => {
      const cells = [
        `\`${name}\``,
        `\`${otelNameOf(name as ProcessMetricName)}\``,
        type,
        unit,
        labels.map((label) => `\`${label}\``).join(', '),
        description,
      ];
      return `| ${cells.join(' | ')} |`;
    });
  return `| metric | OpenTelemetry | type | unit | labels | tells |\n|---|---|---|---|---|---|\n${rows.join('\n')}`;
}

const processLabels = [
  ...new Set(Object.values<ProcessMetric>(processMetrics).flatMap(({ labels }) => labels)),
];
