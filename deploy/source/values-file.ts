import { stringify } from 'yaml';
import { commentLines, shapeSchema } from '../../src/cli/config/index.ts';
import type { JsonSchema, Option, Shape } from '../../src/runtime/index.ts';
import { chartValues } from './chart-values.ts';

/** The chart's values with their defaults, each under its description. */
export const valuesFile = (): string => `${linesOf(chartValues, '').join('\n')}\n`;

function linesOf(shape: Shape, indent: string): string[] {
  return Object.entries(shape).flatMap(([key, node]) => {
    const about = ['', ...commentLines(node.description, indent)];
    if (node.kind !== 'option')
      return [...about, `${indent}${key}:`, ...linesOf(node.shape, `${indent}  `).slice(1)];
    return [...about, ...optionLines(key, node, indent)];
  });
}

function optionLines(key: string, { default: value }: Option<unknown>, indent: string): string[] {
  const text = stringify(
    { [key]: value },
    { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' },
  );
  return text
    .trimEnd()
    .split('\n')
    .map((line) => indent + line);
}

/**
 * The schema of the values. Helm refuses what it does not allow. It has \`global\`, which Helm adds when the
 * chart is part of another.
 */
export function valuesSchema(): JsonSchema {
  const { properties, ...schema } = shapeSchema(chartValues);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart weir',
    ...schema,
    properties: { ...(properties as object), global: { type: 'object' } },
  };
}
