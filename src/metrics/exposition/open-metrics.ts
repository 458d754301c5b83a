import { familyHeading } from './metric-family.ts';

/**
 * Turns the text of the SDK's Prometheus exporter into OpenMetrics. Families of counters lose `_total`, units
 * are spelled out, bounds are floats, and target_info has the type info.
 */
export function openMetricsOf(text: string): string {
  return text
    .replace(heading, (_, name: string, description: string, unit: string | undefined, type: string) =>
      name === 'target_info'
        ? `# HELP target ${description}\n# TYPE target info\n`
        : familyHeading({ name, description, unit: unit ?? '', type: type as 'counter' }, 'openmetrics'),
    )
    .replace(/([{,]le="\d+)"/g, '$1.0"');
}

const heading = /^# HELP (\S+) (.*)\n(?:# UNIT \S+ (.*)\n)?# TYPE \S+ (\S+)\n/gm;
