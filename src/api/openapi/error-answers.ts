import { type ApiAnswer, jsonAnswer, type NamedSchemas } from './api-operation.ts';
import { objectSchema, schemaNamed, textSchema } from './json-schemas.ts';

export const errorSchemas: NamedSchemas = {
  Error: objectSchema<{ error: string }>({
    error: textSchema('What was expected and what was found, or why there is no answer now.'),
  }),
};

export const errorAnswer = (description: string): ApiAnswer => jsonAnswer(description, schemaNamed('Error'));

const laterAnswer = (description: string): ApiAnswer => ({
  ...errorAnswer(description),
  headers: {
    'retry-after': {
      description: 'Seconds until it is worth asking again. Not always there.',
      schema: { type: 'string', pattern: '^\\d+$' },
    },
  },
});

/** What each route may answer. */
export const commonErrors: Readonly<Record<number, ApiAnswer>> = {
  403: errorAnswer('The caller lacks the right. Or the request is from another site, or names another host.'),
  405: errorAnswer('The path does not answer this method. The header `allow` has those that it answers.'),
  413: errorAnswer('The body is too long. Most routes take none.'),
};

/** What each route may answer that asks who the caller is. */
export const accessErrors: Readonly<Record<number, ApiAnswer>> = {
  401: errorAnswer('The request has no token, or a wrong one.'),
  429: laterAnswer('Too many questions at a time, or too many wrong tokens from one address.'),
  503: laterAnswer(
    'No answer now: too many clients at a time, or who asks cannot be determined, or the history cannot be read.',
  ),
};

/** What a server or a connection may answer before a route sees the request, and what nobody expects. */
export const otherError: ApiAnswer = errorAnswer(
  'Any other error: a request that is malformed (400), late (408) or too long (414, 431), or a fault (500).',
);
