import { parseSince } from '../../runtime/index.ts';
import { utcText } from '../answer-parts.ts';
import type { FoundRecords, RecordsAsked } from '../answer-source.ts';
import { quotedWords } from '../quoted-words.ts';
import type { Tool, ToolQuestion } from '../tool.ts';
import { limitArgument, timeArgument, whereArgument } from '../tool-arguments.ts';

interface FlowsArguments {
  readonly since?: string;
  readonly where?: string;
  readonly fields?: 'few' | 'all';
  readonly limit?: number;
}

const LIMIT = 20;
const MOST = 200;

/** Who spoke with whom, how much, and what a policy said. */
const fewFields = [
  'flowStartMilliseconds',
  'flowEndMilliseconds',
  'sourceIP',
  'sourceTransportPort',
  'destinationIP',
  'destinationTransportPort',
  'protocolIdentifier',
  'sourcePodNamespace',
  'sourcePodName',
  'destinationPodNamespace',
  'destinationPodName',
  'destinationServicePortName',
  'octetTotalCount',
  'reverseOctetTotalCount',
  'ingressNetworkPolicyName',
  'ingressNetworkPolicyRuleAction',
  'egressNetworkPolicyName',
  'egressNetworkPolicyRuleAction',
  'tcpState',
  'flowEndReason',
];

export const flowsTool: Tool<FlowsArguments> = {
  name: 'flows',
  title: 'Flow records',
  description:
    'The newest flow records that pass a condition, the newest first. Sums over many flows are for "top" and "series". Fields have the names of "weir flows -o json".',
  properties: {
    since: timeArgument(
      'Only records since this time. Without it, the newest ones of the last minutes, or of a history',
    ),
    where: whereArgument,
    fields: {
      type: 'string',
      enum: ['few', 'all'],
      default: 'few',
      description: 'The most important fields of each record, or all.',
    },
    limit: limitArgument(LIMIT, MOST, 'records'),
  },
  required: [],
  async answer(question) {
    const { given, source, signal, nowMs } = question;
    const { where = '', fields = 'few', limit = LIMIT } = given;
    const asked = { since: sinceText(given.since, nowMs), where, last: limit };
    const found = await source.records(asked, signal);
    const { records } = found;
    return {
      head: {
        ...(asked.since === undefined ? {} : { since: asked.since }),
        to: utcText(nowMs),
        units: { octets: 'octets', times: 'UTC' },
        order: 'the newest first',
      },
      // the newest ones stay when the answer is cut
      rows: records.map((record) => (fields === 'all' ? record : fewOf(record))).reverse(),
      rowCount: undefined,
      hasMore: records.length === limit,
      narrow: 'there may be older ones: raise "limit", add a condition to "where", or sum up by "top"',
      empty: records.length > 0 ? undefined : await noRecordsReason(asked, question),
      coverage: coverageOfRecords(found),
      command: [
        'weir flows',
        ...quotedWords([...wordsOf(asked), ...source.commandOptions, '-o', 'json']),
      ].join(' '),
    };
  },
};

/** Fixed, so that the command prints the same records later. */
function sinceText(text: string | undefined, nowMs: number): string | undefined {
  if (text === undefined) return undefined;
  const sinceMs = parseSince(text, nowMs);
  if (sinceMs !== undefined) return utcText(sinceMs);
  throw new TypeError(`since: expected a duration such as "10m" or a time in RFC 3339, found "${text}"`);
}

const fewOf = (record: FoundRecords['records'][number]) =>
  Object.fromEntries(fewFields.filter((name) => name in record).map((name) => [name, record[name]]));

function wordsOf({ since, where, last }: RecordsAsked): string[] {
  return [
    ...(since === undefined ? [] : ['--since', since]),
    ...(where === '' ? [] : ['--where', where]),
    '--last',
    String(last),
  ];
}

async function noRecordsReason(
  asked: RecordsAsked,
  { source, signal }: ToolQuestion<unknown>,
): Promise<string> {
  const { records } =
    asked.where === '' ? { records: [] } : await source.records({ ...asked, where: '', last: 1 }, signal);
  return records.length > 0
    ? 'filtered out: there are records of this time, and none passes the condition. The tool "names" lists names that exist'
    : 'no data: there are no records of this time, or this reader may see none of them';
}

/** Only a history knows how far back it reaches. */
function coverageOfRecords({ reachesBackToMs, notices }: FoundRecords) {
  return reachesBackToMs === undefined
    ? { answeredBy: 'the memory of the process, which has the last minutes only', notices }
    : { answeredBy: 'the history', reachesBackTo: utcText(reachesBackToMs), notices };
}
