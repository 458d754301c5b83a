import type { JsonSchema } from '../../runtime/index.ts';
import type { ApiAnswer, ApiOperation, ApiOperations, NamedSchemas } from './api-operation.ts';
import { accessErrors, commonErrors, errorSchemas, otherError } from './error-answers.ts';
import { eventOperations, eventSchemas } from './event-operations.ts';
import { flowOperations, flowSchemas } from './flow-operations.ts';
import { processOperations, processSchemas } from './process-operations.ts';
import { queryOperations } from './query-operations.ts';
import { querySchemas } from './query-schemas.ts';
import { recordOperations, recordSchemas } from './record-operations.ts';

/** Where a server answers: on a host, or in a cluster to those whom the API server of Kubernetes knows. */
export type ApiServerPlace = 'local' | 'cluster';

/** All routes of the API, by method and path. Those of the console are its own. */
export const apiOperations: ApiOperations = {
  ...flowOperations,
  ...recordOperations,
  ...queryOperations,
  ...eventOperations,
  ...processOperations,
};

const schemas: NamedSchemas = {
  ...errorSchemas,
  ...flowSchemas,
  ...recordSchemas,
  ...querySchemas,
  ...eventSchemas,
  ...processSchemas,
};

/** An operation as OpenAPI has it. */
export interface DescribedOperation {
  readonly tags: readonly string[];
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: ApiOperation['parameters'];
  readonly requestBody?: {
    readonly required: true;
    readonly content: ApiAnswer['content'];
  };
  /** By status, and "default" for all others. */
  readonly responses: Readonly<Record<string, ApiAnswer>>;
  readonly security: readonly object[];
}

export interface ApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly tags: readonly { readonly name: ApiOperation['tag']; readonly description: string }[];
  /** By path, then by method in lower case. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: {
    readonly schemas: NamedSchemas;
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>;
  };
}

/** The document of OpenAPI of a server. */
export function apiDocument(place: ApiServerPlace): ApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Weir',
      // It grows when a client must change.
      version: '1',
      summary: 'Flows of a network, and the state of the process that has them.',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [
      { name: 'flows', description: 'Records of flows.' },
      { name: 'history', description: 'Questions about the flow history.' },
      { name: 'events', description: 'What happened, to a cluster and to Weir itself.' },
      { name: 'process', description: 'The state of the process.' },
    ],
    paths: pathsOf(place),
    components: {
      schemas,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description:
            'On a host the token of the server, if it has one. In a cluster the token of a user or ServiceAccount.',
        },
      },
    },
  };
}

const DESCRIPTION =
  'Each path that answers GET answers HEAD, too. Answers in JSON have no characters that a terminal would interpret. Errors are JSON: `{"error": "…"}`.';

function pathsOf(place: ApiServerPlace): ApiDocument['paths'] {
  const paths: Record<string, Record<string, DescribedOperation>> = {};
  for (const [key, operation] of Object.entries(apiOperations)) {
    if (place === 'cluster' && operation.isLocal) continue;
    const [path, method = 'GET'] = key.split(' ').toReversed();
    paths[path!] = {
      ...paths[path!],
      [method.toLowerCase()]: describeOperation(method, path!, operation, place),
    };
  }
  return paths;
}

function describeOperation(
  method: string,
  path: string,
  operation: ApiOperation,
  place: ApiServerPlace,
): DescribedOperation {
  const { tag, summary, parameters, body, answers, isForEverybody } = operation;
  const description = descriptionOf(operation);
  return {
    tags: [tag],
    operationId: operationIdOf(method, path),
    summary,
    ...(description === '' ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      ...commonErrors,
      ...(isForEverybody ? {} : accessErrors),
      ...answers,
      default: otherError,
    },
    security: securityOf(operation, place),
  };
}

const descriptionOf = ({ description, right }: ApiOperation): string =>
  [description, right === undefined ? undefined : `Right in a cluster: ${right}.`]
    .filter((part) => part !== undefined)
    .join(' ');

/** On a host the token is needed where the server has one. */
function securityOf({ right, isForEverybody }: ApiOperation, place: ApiServerPlace): readonly object[] {
  if (isForEverybody) return [];
  if (place === 'local') return [{ token: [] }, {}];
  return right === undefined ? [] : [{ token: [] }];
}

/** "getQueryValues" of GET /query/values. */
const operationIdOf = (method: string, path: string): string =>
  method.toLowerCase() + path.replace(/[/.]([a-z])/g, (_, letter: string) => letter.toUpperCase());
