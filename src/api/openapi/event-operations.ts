import { type EventsAnswer, eventKindNames, eventKinds, type KeptEvent } from '../../flow/index.ts';
import { REACH_HEADER } from '../../http/index.ts';
import {
  type AlertsTaken,
  DEFAULT_EVENTS,
  DEFAULT_EVENTS_SINCE,
  type EventsParameter,
  eventsParameters,
  MOST_ALERT_OCTETS,
  MOST_ALERTS,
  MOST_EVENTS_ASKED,
  MOST_SEARCH,
} from '../events/index.ts';
import type { ApiOperations, ApiParameter, NamedSchemas } from './api-operation.ts';
import { errorAnswer } from './error-answers.ts';
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

/* What happened, to a cluster and to Weir itself. */

const kindList = eventKindNames.map((kind) => `\`${kind}\`: ${eventKinds[kind]}`).join('. ');

const timeSchema = (description: string) => ({ type: 'string', format: 'date-time', description });

export const eventSchemas: NamedSchemas = {
  Event: objectSchema<KeptEvent>({
    time: timeSchema('When it happened.'),
    kind: choiceSchema(eventKindNames, `What it tells. ${kindList}.`),
    reason: textSchema('One word, as Kubernetes has it: `OOMKilled`.'),
    type: choiceSchema(['Normal', 'Warning'], 'Whether it needs attention.'),
    objectKind: textSchema('What it is about: `Pod`.'),
    objectName: textSchema('The name of that.'),
    names: mapSchema(
      { type: 'string' },
      'Its namespace, Pod, node and workload, under the names that the source of a flow has.',
    ),
    message: textSchema('A sentence. It may come from outside.'),
    facts: mapSchema({ type: ['string', 'number'] }, 'What else is known, such as `exitCode`.'),
  }),
  EventsAnswer: objectSchema<EventsAnswer>(
    {
      events: listSchema(schemaNamed('Event'), 'The oldest first.'),
      isCut: flagSchema('Whether there are older ones that match, too.'),
      keptSince: timeSchema('All events of these kinds since then are kept. Absent if none can be read.'),
      damagedLines: countSchema('Lines of the files that cannot be read.'),
      missingFiles: countSchema('Files that somebody has deleted between others.'),
      unreadableFiles: listSchema(
        { type: 'string' },
        'Files that the system does not read: each with why, and what to do. Absent if all are read.',
      ),
    },
    ['keptSince', 'unreadableFiles'],
  ),
  AlertsTaken: objectSchema<AlertsTaken>({
    kept: countSchema('Alerts that became events. The others were told before.'),
  }),
};

const parameterOf = (name: EventsParameter, description: string, schema: ApiParameter['schema']) =>
  ({ name, in: 'query', description, schema }) as const;

const severally = { style: 'form', explode: true } as const;

const parameters: readonly ApiParameter[] = [
  parameterOf('since', `Only events since then: ${eventsParameters.since}.`, {
    type: 'string',
    default: DEFAULT_EVENTS_SINCE,
  }),
  parameterOf('until', `Only events before then: ${eventsParameters.until}.`, {
    type: 'string',
    default: 'now',
  }),
  parameterOf('search', `Only events with all of them: ${eventsParameters.search}.`, {
    type: 'string',
    maxLength: MOST_SEARCH,
  }),
  {
    ...parameterOf('kind', 'Only events of these kinds.', {
      type: 'array',
      items: { type: 'string', enum: eventKindNames },
    }),
    ...severally,
  },
  {
    ...parameterOf('namespace', 'Only events of objects in these namespaces.', {
      type: 'array',
      items: { type: 'string' },
    }),
    ...severally,
  },
  parameterOf('limit', 'Only the newest ones, this many.', {
    type: 'integer',
    minimum: 1,
    maximum: MOST_EVENTS_ASKED,
    default: DEFAULT_EVENTS,
  }),
];

export const eventOperations: ApiOperations = {
  '/events': {
    tag: 'events',
    summary: 'What happened, the oldest first',
    description:
      'A client that accepts `application/x-ndjson` gets one event a line. Callers who may read some namespaces see the events of these. Those of Weir itself and of Nodes are for callers who may read all.',
    parameters,
    right: '`list` of `flows.weir.dev`',
    answers: {
      200: {
        description: 'The events. For lines the schema is that of one line.',
        headers: {
          [REACH_HEADER]: {
            description: '`keptSince` of the other form. Only with lines.',
            schema: { type: 'string', format: 'date-time' },
          },
        },
        content: {
          'application/json': { schema: schemaNamed('EventsAnswer') },
          'application/x-ndjson': { schema: schemaNamed('Event') },
        },
      },
      400: errorAnswer('A parameter is unknown or wrong.'),
      404: errorAnswer('The process keeps no history.'),
    },
  },
  'POST /alerts': {
    tag: 'events',
    summary: 'Keeps alerts as events',
    description: `The webhook of Alertmanager, version 4, with at most ${MOST_ALERTS} alerts in ${MOST_ALERT_OCTETS.toLocaleString('en-US')} octets. An alert that was told before is no further event.`,
    body: {
      type: 'object',
      required: ['alerts'],
      properties: {
        alerts: {
          type: 'array',
          maxItems: MOST_ALERTS,
          items: {
            type: 'object',
            required: ['status', 'labels'],
            properties: {
              status: choiceSchema(['firing', 'resolved'], 'Whether it began or ended.'),
              labels: mapSchema({ type: 'string' }, 'Among them `alertname`.'),
              annotations: mapSchema({ type: 'string' }, '`summary` becomes the message.'),
              startsAt: timeSchema('When it began.'),
              endsAt: timeSchema('When it ended.'),
            },
          },
        },
      },
    },
    right: '`post` of the path',
    answers: {
      200: {
        description: 'What became of them.',
        content: { 'application/json': { schema: schemaNamed('AlertsTaken') } },
      },
      400: errorAnswer('The body is no message of Alertmanager.'),
      404: errorAnswer('The process keeps no events.'),
    },
  },
};
