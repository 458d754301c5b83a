import {
  type ApiAnswer,
  type ApiDocument,
  accessErrors,
  apiDocument,
  commonErrors,
  type DescribedOperation,
  otherError,
} from '../src/api/index.ts';
import type { JsonSchema } from '../src/runtime/index.ts';

/** docs/reference/api.md, from the description of the API in OpenAPI. */
export function apiPage(written: string): string {
  const document = apiDocument('local');
  const { paths, components, tags } = document;
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const own = routes.filter(({ operation }) => operation.tags.includes(name));
    return `## ${titles[name]}\n\n${description}\n\n${own.map(routeSection).join('\n')}`;
  });
  const schemas = Object.entries(components.schemas).filter(([name]) => name !== 'FlowRecord');
  return `${written}# HTTP API

An aggregator and \`weir up\` answer these paths on this host, by default on \`127.0.0.1:10349\`. In a cluster an aggregator answers them by HTTPS on
port 10348. [Who may read](../how-to/access.md) says how to restrict both. Paths below \`/console/\` belong to the
[console](../how-to/console.md) and change with it. \`weir flows\`, \`weir query\` and \`weir get\` are clients of this API.

\`GET /openapi.json\` answers this page as a document of OpenAPI 3.1. It is also [a file](openapi.json).

${document.info.description}

Conditions are [texts](filters.md). [Questions about flows](queries.md) says what dimensions and measures count.

A token is a header: \`authorization: Bearer TOKEN\`. On a host it is needed where the server has one. A server with the console asks for the
console's token at \`/query\`. In a cluster all paths with a right need the token of a user or ServiceAccount.

## Errors

| status | meaning |
|---|---|
${answerRows({ ...commonErrors, ...accessErrors })}
| other | ${otherError.description} |

Paths of health ask for no token. They do not answer 401 and 429.

${sections.join('\n')}
## Objects

A record of \`/flows\` has [fields of its own](flow-record.md). Its schema is \`FlowRecord\`. Each other object has exactly the keys below.

${schemas.map(([name, schema]) => schemaSection(name, schema)).join('\n')}`;
}

const titles: Readonly<Record<ApiDocument['tags'][number]['name'], string>> = {
  flows: 'Flows',
  history: 'Flow history',
  events: 'Events',
  process: 'Process',
};

interface RouteOfPage {
  readonly path: string;
  readonly method: string;
  readonly operation: DescribedOperation;
}

const inCluster: ApiDocument['paths'] = apiDocument('cluster').paths;

function routeSection({ path, method, operation }: RouteOfPage): string {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const own = Object.entries(responses).filter(([status, answer]) => !isCommon(status, answer));
  const body = requestBody?.content['application/json']?.schema;
  const paragraphs = [
    `### ${method.toUpperCase()} ${path}`,
    [`${summary}.`, description, ...(path in inCluster ? [] : ['Not in a cluster.'])]
      .filter(Boolean)
      .join(' '),
    ...(body === undefined ? [] : [`The body is ${valueText(body)}.`]),
    ...(parameters.length === 0 ? [] : [parameterTable(parameters)]),
    `| status | answer | content |\n|---|---|---|\n${own.map(([status, answer]) => contentRow(status, answer)).join('\n')}`,
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

const isCommon = (status: string, answer: ApiAnswer): boolean =>
  status === 'default' || [commonErrors, accessErrors].some((errors) => errors[Number(status)] === answer);

function parameterTable(parameters: NonNullable<DescribedOperation['parameters']>): string {
  const rows = parameters.map(({ name, required, schema, description }) => {
    const byDefault = schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``;
    return rowOf(`\`${name}\``, valueText(schema), required ? 'required' : byDefault, description);
  });
  return `| parameter | value | default | |\n|---|---|---|---|\n${rows.join('\n')}`;
}

const answerRows = (answers: Readonly<Record<number, ApiAnswer>>): string =>
  Object.entries(answers)
    .map(([status, { description }]) => rowOf(status, description))
    .join('\n');

function contentRow(status: string, { description, content }: ApiAnswer): string {
  const contents = Object.entries(content).map(([type, { schema }]) => `\`${type}\`: ${valueText(schema)}`);
  return rowOf(status, description, contents.join('; '));
}

function schemaSection(name: string, schema: JsonSchema): string {
  const heading = `### ${name}\n\n${schema.description === undefined ? '' : `${schema.description}\n\n`}`;
  if (schema.properties === undefined) return `${heading}${valuesOf(schema)}\n`;
  const properties = Object.entries(schema.properties as Readonly<Record<string, JsonSchema>>);
  if (properties.every(([, { description, $ref }]) => description === undefined && $ref === undefined))
    return `${heading}${keysByType(properties)}\n`;
  const required = (schema.required ?? []) as readonly string[];
  const rows = properties.map(([key, value]) =>
    rowOf(
      `\`${key}\``,
      `${valueText(value)}${required.includes(key) ? '' : '; may be absent'}`,
      String(value.description ?? ''),
    ),
  );
  return `${heading}| key | value | |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** A name with a meaning for each value, or the kinds of values. */
function valuesOf(schema: JsonSchema): string {
  const named = schema.oneOf as readonly { const: string; description: string }[] | undefined;
  if (named === undefined) return `Value: ${valueText(schema)}.`;
  const rows = named.map(({ const: value, description }) => rowOf(`\`${value}\``, description));
  return `| value | |\n|---|---|\n${rows.join('\n')}`;
}

function keysByType(properties: readonly (readonly [string, JsonSchema])[]): string {
  const types = Map.groupBy(properties, ([, { type }]) => type as string);
  return [...types]
    .map(([type, ofType]) => `- ${typeNames[type]}: ${ofType.map(([key]) => `\`${key}\``).join(', ')}`)
    .join('\n');
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: '`true` or `false`',
  object: 'object',
  null: '`null`',
};

/** What a value may be, in words. */
function valueText(schema: JsonSchema): string {
  const { $ref, type, enum: names, const: only, anyOf, items, additionalProperties } = schema;
  if (typeof $ref === 'string') return linkTo($ref.split('/').at(-1)!);
  if (only !== undefined) return `\`${String(only)}\``;
  if (Array.isArray(names)) return names.map((name) => `\`${name}\``).join(', ');
  if (Array.isArray(anyOf)) return anyOf.map(valueText).join(' or ');
  if (Array.isArray(type)) return type.map((each) => typeNames[each]).join(' or ');
  if (type === 'array') return `list of ${valueText(items as JsonSchema)}`;
  if (type === 'object' && typeof additionalProperties === 'object')
    return `map to ${valueText(additionalProperties as JsonSchema)}`;
  return typeNames[type as string]!;
}

const linkTo = (name: string): string =>
  name === 'FlowRecord' ? `[${name}](flow-record.md)` : `[${name}](#${name.toLowerCase()})`;

const rowOf = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/<(?=\w)/g, '&lt;')).join(' | ')} |`;
