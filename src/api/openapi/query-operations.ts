import type { JsonSchema } from '../../runtime/index.ts';
import { MOST_BODY_OCTETS, MOST_PREFIX } from '../query/index.ts';
import { type ApiOperations, type ApiParameter, jsonAnswer } from './api-operation.ts';
import { errorAnswer } from './error-answers.ts';
import { schemaNamed } from './json-schemas.ts';
import { questionProperties } from './query-schemas.ts';

/* Questions about the flow history. */

const right = '`list` of `flows.weir.dev`: only flows that the caller may read count, as he may read them';

const errors = {
  400: errorAnswer(
    'A value is unknown or wrong. The message has its name, what was expected and what was found.',
  ),
  404: errorAnswer('The process keeps no history.'),
  422: errorAnswer('The answer takes longer than half a minute.'),
};

const answers = {
  200: jsonAnswer('The answer. Groups and rest together are exactly the totals.', schemaNamed('Answer')),
  ...errors,
};

function questionParameter([name, schema]: [string, JsonSchema]): ApiParameter {
  return {
    name,
    in: 'query',
    description: schema.description as string,
    ...(name === 'from' ? { required: true } : {}),
    schema,
    ...(schema.type === 'array' ? { style: 'form', explode: false } : {}),
  };
}

export const queryOperations: ApiOperations = {
  '/query': {
    tag: 'history',
    summary: 'Counts the flows of the history, by what they have in common',
    description: 'The question of `POST /query` in an address.',
    parameters: Object.entries(questionProperties).map(questionParameter),
    right,
    answers,
  },
  'POST /query': {
    tag: 'history',
    summary: 'Counts the flows of the history, by what they have in common',
    description: `The body has at most ${MOST_BODY_OCTETS.toLocaleString('en-US')} octets.`,
    body: schemaNamed('Question'),
    right,
    answers,
  },
  '/query/values': {
    tag: 'history',
    summary: 'Values that a dimension had in the last hour',
    description: 'At most 20, the most frequent first. They complete a condition while somebody types it.',
    parameters: [
      {
        name: 'dimension',
        in: 'query',
        description: 'Whose values.',
        required: true,
        schema: schemaNamed('Dimension'),
      },
      {
        name: 'prefix',
        in: 'query',
        description: 'How they begin, in any case.',
        schema: { type: 'string', maxLength: MOST_PREFIX, default: '' },
      },
    ],
    right,
    answers: { 200: jsonAnswer('The values.', schemaNamed('UsedValues')), ...errors },
  },
};
