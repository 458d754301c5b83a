import { type AccountStatement, logLevels, type PeerStatement } from '../../runtime/index.ts';
import { type ApiAnswer, type ApiOperations, jsonAnswer, type NamedSchemas } from './api-operation.ts';
import { accessErrors, errorAnswer } from './error-answers.ts';
import {
  choiceSchema,
  countSchema,
  flagSchema,
  listSchema,
  mapSchema,
  objectSchema,
  schemaNamed,
  textSchema,
} from './json-schemas.ts';

/* The state of the process. */

const countsByReason = (description: string) => mapSchema({ type: 'integer', minimum: 0 }, description);

export const processSchemas: NamedSchemas = {
  Account: objectSchema<AccountStatement>(
    {
      name: textSchema('The name of the part of the process.'),
      unit: textSchema('What is counted: records, flows, packets.'),
      received: countSchema('What it received.'),
      sent: countSchema('What it sent on.'),
      dropped: countsByReason('What it dropped, by reason.'),
      lost: countSchema('What was dropped unintentionally.'),
      held: { type: 'integer', description: 'What it holds now.' },
      events: countsByReason('Events that lost nothing countable, or an unknown number.'),
      closed: flagSchema('Whether received = sent + dropped + held.'),
      peers: listSchema(schemaNamed('Peer'), 'Who sends here and has proved its name.'),
    },
    ['peers'],
  ),
  Peer: objectSchema<PeerStatement>({
    peer: textSchema('Address and port.'),
    peerName: textSchema('The name in its certificate.'),
    records: countSchema('Records that it has sent in its session.'),
  }),
  LogLevel: objectSchema<{ level: string }>({ level: choiceSchema(logLevels, 'The level.') }),
  Alive: objectSchema<{ status: 'ok' }>({ status: { const: 'ok', description: 'Always the same.' } }),
  Ready: objectSchema<{ status: 'ready'; remarks?: readonly string[] }>(
    {
      status: { const: 'ready', description: 'Always the same.' },
      remarks: listSchema({ type: 'string' }, 'What the process lacks without missing flows.'),
    },
    ['remarks'],
  ),
  NotReady: objectSchema<{ status: string; problems?: readonly string[] }>(
    {
      status: choiceSchema(['starting', 'blind'], 'A blind process may miss flows.'),
      problems: listSchema({ type: 'string' }, 'Why it may miss flows, and what to do.'),
    },
    ['problems'],
  ),
};

const levelAnswer = jsonAnswer('The level.', schemaNamed('LogLevel'));
const aliveAnswer = jsonAnswer('The process answers.', schemaNamed('Alive'));

const text = { schema: { type: 'string' } };

/** Metrics come from a library of their own, which answers in plain text. */
const metricsStopped: ApiAnswer = {
  ...accessErrors[503]!,
  content: { ...accessErrors[503]!.content, 'text/plain': text },
};

export const processOperations: ApiOperations = {
  '/ledger': {
    tag: 'process',
    summary: 'The ledger: what each part of the process received, sent, dropped and holds',
    right: '`get` of the path',
    answers: {
      200: jsonAnswer('The accounts.', listSchema(schemaNamed('Account'), 'In the order of the flow.')),
    },
  },
  '/loglevel': {
    tag: 'process',
    summary: 'The level of the log of the process',
    right: '`get` of the path',
    answers: { 200: levelAnswer },
  },
  'PUT /loglevel': {
    tag: 'process',
    summary: 'Sets the level of the log until the process ends',
    parameters: [
      {
        name: 'level',
        in: 'query',
        description: 'The level, in any case.',
        required: true,
        schema: { type: 'string', enum: logLevels },
      },
    ],
    right: '`put` of the path',
    answers: { 200: levelAnswer, 400: errorAnswer('There is no such level.') },
  },
  '/metrics': {
    tag: 'process',
    summary: 'Metrics of flows and of the process',
    description: 'The header `accept` decides between the formats.',
    parameters: [
      {
        name: 'created',
        in: 'query',
        description: 'Whether OpenMetrics has the start time of each series.',
        schema: { type: 'boolean', default: false },
      },
    ],
    right: '`get` of the path',
    answers: {
      200: {
        description: 'The metrics.',
        content: { 'text/plain': text, 'application/openmetrics-text': text },
      },
      503: metricsStopped,
    },
  },
  '/healthz': {
    tag: 'process',
    summary: 'Whether the process answers',
    isForEverybody: true,
    answers: { 200: aliveAnswer },
  },
  '/livez': {
    tag: 'process',
    summary: 'Whether the process answers',
    isForEverybody: true,
    answers: { 200: aliveAnswer },
  },
  '/readyz': {
    tag: 'process',
    summary: 'Whether all parts of the process run, and it sees what it should',
    isForEverybody: true,
    answers: {
      200: jsonAnswer('It does.', schemaNamed('Ready')),
      503: jsonAnswer('It starts, or it may miss flows.', schemaNamed('NotReady')),
    },
  },
  '/openapi.json': {
    tag: 'process',
    summary: 'This description of the API',
    description: 'In a cluster it is for everybody.',
    answers: { 200: jsonAnswer('A document of OpenAPI 3.1.', { type: 'object' }) },
  },
};
