import type { Measure } from '../series/index.ts';
import type { TextFormat } from './text-format.ts';

/** Units as OpenMetrics spells them in names. Plain counts have no unit. */
const openMetricsUnits: Readonly<Record<string, string>> = {
  By: 'bytes',
  s: 'seconds',
  'By/s': 'bytes_per_second',
};

/** A family's name without a format's suffix: OpenMetrics names a counter's family without `_total`. */
export function familyName(name: string, type: Measure['type'], format: TextFormat): string {
  return format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
}

/** The lines before the samples of a family. */
export function familyHeading(
  { name, type, unit, description }: Pick<Measure, 'name' | 'type' | 'unit' | 'description'>,
  format: TextFormat,
): string {
  const family = familyName(name, type, format);
  const heading = `# HELP ${family} ${escapeHelp(description, format)}\n# TYPE ${family} ${type}\n`;
  const unitName = openMetricsUnits[unit];
  // A unit must end the family's name, so a unit that the name lacks is left out.
  return format === 'openmetrics' && unitName !== undefined && family.endsWith(`_${unitName}`)
    ? `${heading}# UNIT ${family} ${unitName}\n`
    : heading;
}

function escapeHelp(text: string, format: TextFormat): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return format === 'openmetrics' ? escaped.replaceAll('"', '\\"') : escaped;
}
