import type { JsonSchema } from '../../runtime/index.ts';

/** The JSON object of a type. It needs a schema for each key, and has no others. */
export function objectSchema<T>(
  properties: { readonly [Key in keyof T]-?: JsonSchema },
  optional: readonly (keyof T & string)[] = [],
): JsonSchema {
  const required = Object.keys(properties).filter((key) => !(optional as readonly string[]).includes(key));
  return { type: 'object', properties, required, additionalProperties: false };
}

export const textSchema = (description: string): JsonSchema => ({ type: 'string', description });

export const flagSchema = (description: string): JsonSchema => ({ type: 'boolean', description });

/** A whole number that is not negative. */
export const countSchema = (description: string): JsonSchema => ({
  type: 'integer',
  minimum: 0,
  description,
});

export const choiceSchema = (names: readonly string[], description: string): JsonSchema => ({
  type: 'string',
  enum: names,
  description,
});

export const listSchema = (items: JsonSchema, description: string): JsonSchema => ({
  type: 'array',
  items,
  description,
});

/** A map whose keys nobody knows beforehand. */
export const mapSchema = (values: JsonSchema, description: string): JsonSchema => ({
  type: 'object',
  additionalProperties: values,
  description,
});

/** A phrase of a table as a sentence. */
export const sentenceOf = (phrase: string): string =>
  `${phrase.slice(0, 1).toUpperCase()}${phrase.slice(1)}.`;

/** A schema that stands in the document under a name. */
export const schemaNamed = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
