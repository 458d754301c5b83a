import type { JsonSchema } from '../../runtime/index.ts';
import { EXPORTERS_HEADER, type ExporterStatement } from '../contract.ts';
import {
  type FlowCollector,
  MOST_EXPORTERS_ASKED,
  type RecordMetrics,
  recordMapKeys,
  type TupleParameter,
  tupleParameters,
} from '../records/index.ts';
import { type ApiOperations, type ApiParameter, jsonAnswer, type NamedSchemas } from './api-operation.ts';
import { errorAnswer } from './error-answers.ts';
import {
  countSchema,
  flagSchema,
  listSchema,
  objectSchema,
  schemaNamed,
  textSchema,
} from './json-schemas.ts';

/* The flows that are in the aggregator now, and what went through it, as the reference system shows them. */

/** All maps have the plain keys. The others have the name of an address family. */
function flowMapSchema(): JsonSchema {
  const { numbers, texts, addresses } = recordMapKeys;
  const ofType = (type: string, names: readonly string[]) => names.map((name) => [name, { type }]);
  return {
    type: 'object',
    description: 'A flow by the names of IPFIX elements. A value that it lacks is 0 or empty.',
    properties: Object.fromEntries([
      ...ofType('number', numbers),
      ...ofType('string', texts),
      ...ofType('string', addresses),
    ]),
    required: [...numbers, ...texts],
    additionalProperties: false,
  };
}

const timeSchema = (description: string): JsonSchema => ({
  ...textSchema(description),
  format: 'date-time',
});

export const recordSchemas: NamedSchemas = {
  FlowMap: flowMapSchema(),
  RecordMetrics: objectSchema<RecordMetrics>({
    numRecordsExported: countSchema('Records that sinks may get.'),
    numRecordsReceived: countSchema('Records that exporters sent.'),
    numRecordsDropped: countSchema('Records that any part of the process lost.'),
    numFlows: countSchema('Flows in the table.'),
    numConnToCollector: countSchema('Exporters that are connected.'),
    withClickHouseExporter: flagSchema('Whether flows go to ClickHouse.'),
    withS3Exporter: flagSchema('Whether flows go to S3.'),
    withLogExporter: flagSchema('Whether flows go to a log.'),
    withIPFIXExporter: flagSchema('Whether flows go to another collector by IPFIX.'),
  }),
  FlowCollector: objectSchema<FlowCollector>({
    name: textSchema('The name of the sink.'),
    isUp: flagSchema('Whether its last write succeeded.'),
    queuedRecords: countSchema('Records that wait.'),
    sentRecords: countSchema('Records that it has sent.'),
    droppedRecords: countSchema('Records that it lost.'),
  }),
  Exporter: objectSchema<ExporterStatement>(
    {
      exporter: textSchema('Its address. `other` sums up those beyond the bound.'),
      domain: countSchema('Its observation domain.'),
      domains: countSchema('Of `other` only: domains with an open session that it sums up.'),
      protocol: textSchema('How it exports: IPFIX, NetFlow or sFlow.'),
      name: textSchema('The name of its host. It tells that itself.'),
      peerName: textSchema('The name in its certificate.'),
      software: textSchema('The program and its version.'),
      firstRecord: timeSchema('When its first record arrived. Absent as long as none has.'),
      lastRecord: timeSchema('When its last record arrived.'),
      lagMs: countSchema('Milliseconds since then.'),
      records: countSchema('Records that arrived.'),
      lostRecords: countSchema('Records that it sent and that did not arrive.'),
      unsentRecords: countSchema('Records that it could not send.'),
      carriedPackets: countSchema('IP packets that its host carried.'),
      meteredPackets: countSchema('Those of them that it metered.'),
      blindBecause: listSchema({ type: 'string' }, 'Why it may miss flows. Empty when it sees all.'),
    },
    [
      ...(['domains', 'name', 'peerName', 'software', 'firstRecord', 'lastRecord', 'lagMs'] as const),
      ...(['unsentRecords', 'carriedPackets', 'meteredPackets', 'blindBecause'] as const),
    ],
  ),
};

const tupleParameter = (name: TupleParameter): ApiParameter => ({
  name,
  in: 'query',
  description: `Only flows with exactly this value: ${tupleParameters[name]}.`,
  schema: name.endsWith('port') ? { type: 'integer', minimum: 0, maximum: 65_535 } : { type: 'string' },
});

export const recordOperations: ApiOperations = {
  '/flowrecords': {
    tag: 'flows',
    summary: 'The flows that are in the table of the aggregator now',
    description: 'As `weir get flowrecords` and the reference system show them.',
    parameters: (Object.keys(tupleParameters) as TupleParameter[]).map(tupleParameter),
    right: '`list` of `flows.weir.dev`. An end that the caller may not read has no name and no address',
    answers: {
      200: jsonAnswer('The flows.', listSchema(schemaNamed('FlowMap'), 'In no order.')),
      400: errorAnswer('A parameter is unknown or wrong.'),
    },
  },
  '/recordmetrics': {
    tag: 'process',
    summary: 'What went through the aggregator since its start',
    right: '`get` of the path',
    answers: { 200: jsonAnswer('The counts.', schemaNamed('RecordMetrics')) },
  },
  '/flowcollectors': {
    tag: 'process',
    summary: 'Where flows go',
    right: '`get` of the path',
    answers: {
      200: jsonAnswer('The sinks.', listSchema(schemaNamed('FlowCollector'), 'One for each sink.')),
    },
  },
  '/exporters': {
    tag: 'process',
    summary: 'Who sends records here, and how much of its host each exporter sees',
    description:
      'What an exporter does not tell is left out. With a limit, those that may miss flows come first, then those that are furthest behind.',
    parameters: [
      {
        name: 'limit',
        in: 'query',
        description: 'Only this many.',
        schema: { type: 'integer', minimum: 1, maximum: MOST_EXPORTERS_ASKED },
      },
    ],
    right: '`get` of the path',
    answers: {
      200: {
        ...jsonAnswer('The exporters.', listSchema(schemaNamed('Exporter'), 'One for each domain.')),
        headers: {
          [EXPORTERS_HEADER]: {
            description: 'How many there are, listed or not.',
            schema: { type: 'string', pattern: '^[0-9]+$' },
          },
        },
      },
      400: errorAnswer('A parameter is unknown or wrong.'),
    },
  },
};
