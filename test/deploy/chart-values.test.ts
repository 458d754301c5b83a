import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { defaultInput } from '../../deploy/source/default-input.ts';
import { renderedDeployment } from '../../deploy/source/rendered-deployment.ts';
import { fileSchema } from '../../src/cli/config/index.ts';

const rendered = renderedDeployment();

describe('the values of the chart', () => {
  const schema = JSON.parse(rendered['helm/weir/values.schema.json']!);
  const values = parse(rendered['helm/weir/values.yaml']!);
  const isValid = new Ajv({ allowUnionTypes: true }).compile(schema);

  it('have the defaults that Kustomize renders', () => {
    expect(values).toEqual(defaultInput.values);
    expect([isValid(values), isValid.errors]).toEqual([true, null]);
  });

  it('accept `global`, which Helm adds where the chart is part of another', () => {
    expect(isValid({ ...values, global: { anything: true } })).toBe(true);
  });

  it.each([
    ['an unknown value', { imag: { tag: 'x' } }],
    ['an unknown option of the agent', { agent: { config: { flowExporter: { flowPolInterval: '5s' } } } }],
    ['a wrong value of an option', { aggregator: { config: { weir: { maxFlows: 'many' } } } }],
    ['a wrong kind', { agent: { tolerations: 'all' } }],
  ])('refuse %s', (_, wrong) => {
    expect(isValid(wrong)).toBe(false);
  });

  it('accept each option of both files, and a file as text', () => {
    const { agent, aggregator } = schema.properties;
    const configOf = ({ anyOf }: { anyOf: [{ properties: { config: { anyOf: object[] } } }] }) =>
      anyOf[0].properties.config;
    for (const [kind, section] of [
      ['agent', agent],
      ['aggregator', aggregator],
    ] as const) {
      const { $schema, ...file } = fileSchema(kind);
      expect(configOf(section).anyOf[0]).toEqual({ anyOf: [file, { type: 'string' }] });
    }
    expect(isValid({ agent: { config: 'flowExporter: {}' } })).toBe(true);
  });
});
