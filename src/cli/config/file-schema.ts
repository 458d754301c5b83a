import { parse } from 'yaml';
import { type JsonSchema, type OptionNode, requiredKeysOf, type Shape } from '../../runtime/index.ts';
import { configFiles } from './config-file.ts';
import type { FileKind } from './config-text.ts';

/**
 * A JSON schema of a file, for editors and installers. It accepts every valid file. It knows keys, types,
 * names and bounds. Only `weir config check` knows rules about two options, and the content of texts.
 */
export const fileSchema = (kind: FileKind): JsonSchema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: `Configuration of weir ${kind}`,
  ...shapeSchema(configFiles[kind].root.shape),
});

/** A key without a value counts as missing; where the key is required, that is refused. */
const orNothing = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });

/** A JSON schema of the options of a shape. */
export function shapeSchema(shape: Shape): JsonSchema {
  const required = requiredKeysOf(shape);
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(shape).map(([key, node]) => [key, schemaOf(node)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

function schemaOf(node: OptionNode): JsonSchema {
  if (node.kind === 'section')
    return { description: node.description, ...orNothing(shapeSchema(node.shape)) };
  if (node.kind === 'sections') {
    const items = orNothing(shapeSchema(node.shape));
    return { description: node.description, ...orNothing({ type: 'array', items }), default: [] };
  }
  const { description, value, derived, defaultText, isRequired, json } = node;
  const otherwise = derived === undefined ? '' : ` Default: ${derived}.`;
  return {
    description: `${description}. Value: ${value}.${otherwise}`,
    ...(isRequired ? json : orNothing(json)),
    ...(defaultText === undefined ? {} : { default: parse(defaultText) }),
  };
}
