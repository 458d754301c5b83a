import { conditionBounds, type FilterWord, filterWords, type MissedRecords } from '../../flow/index.ts';
import { REACH_HEADER } from '../../http/index.ts';
import { type FlowsParameter, flowsParameters } from '../flows/index.ts';
import type { ApiOperations, ApiParameter, NamedSchemas } from './api-operation.ts';
import { errorAnswer } from './error-answers.ts';
import { flowRecordSchema } from './flow-record-schema.ts';
import { objectSchema, schemaNamed, sentenceOf, textSchema } from './json-schemas.ts';

/* Records of flows: those of the last minutes and the stored ones. */

export const flowSchemas: NamedSchemas = {
  FlowRecord: flowRecordSchema(),
  MissedRecords: objectSchema<{ missedRecords: MissedRecords; why?: string }>(
    {
      missedRecords: {
        description: 'How many; `some` if that is unknown, and to a client that may not read all flows.',
        anyOf: [{ type: 'integer', minimum: 1 }, { const: 'some' }],
      },
      why: textSchema(
        'A file of the history, and why it cannot be read; or why an answer from the history ends here. Absent: the client reads too slowly.',
      ),
    },
    ['why'],
  ),
};

const wordParameter = (word: FilterWord): ApiParameter => ({
  name: word,
  in: 'query',
  description: sentenceOf(filterWords[word]),
  schema: { type: 'array', items: { type: 'string' } },
  style: 'form',
  explode: true,
});

const whereParameter: ApiParameter = {
  name: 'where',
  in: 'query',
  description: `Which flows: ${flowsParameters.where}. Default all.`,
  schema: { type: 'string', maxLength: conditionBounds.octets },
};

const otherParameters: Readonly<Record<FlowsParameter, ApiParameter>> = {
  where: whereParameter,
  since: {
    name: 'since',
    in: 'query',
    description: `Only records that arrived since then: ${flowsParameters.since}.`,
    schema: { type: 'string' },
  },
  last: {
    name: 'last',
    in: 'query',
    description: `Only the newest ones, this many: ${flowsParameters.last}.`,
    schema: { type: 'integer', minimum: 0, maximum: 999_999_999 },
  },
  follow: {
    name: 'follow',
    in: 'query',
    description: `Whether new records follow until the client leaves: ${flowsParameters.follow}.`,
    schema: { type: 'boolean', default: false },
  },
};

export const flowOperations: ApiOperations = {
  '/flows': {
    tag: 'flows',
    summary: 'Records of flows, the oldest first',
    description:
      'One JSON object a line. A record passes when all parameters hold. A filter word may have several values: any of them matches. `!` before a value negates it. Where `since` is before the last minutes that the process keeps in memory, all of the answer comes from its history.',
    parameters: [
      ...(Object.keys(filterWords) as FilterWord[]).map(wordParameter),
      ...Object.values(otherParameters),
    ],
    right:
      '`list` of `flows.weir.dev`, with `follow` `watch`. An end that the caller may not read has no name and no address',
    answers: {
      200: {
        description:
          'The records. The schema is that of one line. A client that reads too slowly misses records. Then a line with `missedRecords` stands in their place. It counts all, whether they pass the filter or not. At the end such a line stands for each file of the history that cannot be read, with `why`. An answer that breaks off ends with such a line, too.',
        headers: {
          [REACH_HEADER]: {
            description: 'When the oldest record of the history arrived. Only with an answer from there.',
            schema: { type: 'string', format: 'date-time' },
          },
        },
        content: {
          'application/x-ndjson': {
            schema: { anyOf: [schemaNamed('FlowRecord'), schemaNamed('MissedRecords')] },
          },
        },
      },
      400: errorAnswer('A parameter is unknown or wrong.'),
    },
  },
  '/flows/logql': {
    tag: 'flows',
    summary: 'The LogQL query for the flows that a condition means',
    description: 'As `weir logql` prints it, for flows that are logged with default options.',
    parameters: [whereParameter],
    isLocal: true,
    answers: {
      200: {
        description: 'The query.',
        content: { 'text/plain': { schema: textSchema('A query of LogQL, and a line break.') } },
      },
      400: errorAnswer('The text is no condition, or LogQL cannot test it.'),
    },
  },
};
