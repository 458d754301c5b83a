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

These are the metrics of \`/metrics\` and OTLP. A Prometheus name ends in its unit. That of a counter ends in \`_total\`. The name and the
attributes beside it are those of OpenTelemetry. Attributes in *italics* are Weir's own. The others follow OpenTelemetry's semantic conventions.
Guides: [flows in Prometheus](../how-to/prometheus.md), [metrics by OTLP](../how-to/otlp.md).

## Flows

The aggregator and \`weir up\` export them for each enabled grouping (\`weir.metrics.groupings\`, by default \`workload\`). Each grouping has its own
metrics, so a sum over one metric counts nothing twice. The series whose labels are all \`other\` contains the traffic beyond the series limit
of a grouping.

In the groupings of two ends octets and packets go from \`source_…\` to \`destination_…\`, whichever end opened the connection. Flows count for the
end that opened it. In the others \`direction\` is \`original\` towards the destination and \`reverse\` from it, and flows count as \`original\`. In
\`external\` it is \`transmit\` or \`receive\`, as the internal workload sees it. A label without a value is absent.

${groupingNames.map(groupingSection).join('\n')}
### Labels

| label | attribute | contains |
|---|---|---|
${(Object.keys(labels) as LabelName[]).map(labelRow).join('\n')}

## Agents

An agent and \`weir up\` export them.

${processTable('agent')}

## Aggregator

The aggregator and \`weir up\` export them.

${processTable('aggregator')}

## Every process

\`weir_ledger_…\` are the accounts of \`/ledger\`: received = sent + dropped + held.

${processTable('every')}

\`target_info\` is always 1 and has the attributes of the OpenTelemetry resource as labels: name, version and instance of the service. OTLP sends the
resource itself instead of this metric.

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
  return `| metric | OpenTelemetry | type | unit | labels | description |\n|---|---|---|---|---|---|\n${rows.join('\n')}`;
}

const processLabels = [
  ...new Set(Object.values<ProcessMetric>(processMetrics).flatMap(({ labels }) => labels)),
];
