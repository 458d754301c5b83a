import { fieldNames, fieldOf, formatCount, formatOctets } from '../../../flow/index.ts';
import { localText } from '../time/index.ts';
import { countIn, lineTime, type RecordLine } from './record-line.ts';

/** A column of the table. */
export interface FlowColumn {
  /** In the browser's storage and in the address. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly isNumber?: boolean;
  /** Where a record has none, undefined. */
  readonly text: (line: RecordLine) => string | undefined;
  /** What it is ordered by, if not its text. */
  readonly order?: (line: RecordLine) => number | undefined;
}

const textIn = (line: RecordLine, field: string): string | undefined =>
  line[field] === undefined ? undefined : String(line[field]);

/** A Pod as namespace/name, else the address. */
export function endText(line: RecordLine, end: 'source' | 'destination'): string | undefined {
  const pod = textIn(line, `${end}PodName`);
  return pod === undefined ? textIn(line, `${end}IP`) : `${line[`${end}PodNamespace`] ?? ''}/${pod}`;
}

/** The action of the policy that applied, as namespace/name; undefined without one. */
export function policyText(line: RecordLine, side: 'ingress' | 'egress'): string | undefined {
  const name = textIn(line, `${side}NetworkPolicyName`);
  const namespace = textIn(line, `${side}NetworkPolicyNamespace`);
  return name === undefined || namespace === undefined ? name : `${namespace}/${name}`;
}

const strictest = ['Reject', 'Drop', 'Allow'];

/** The stricter action of both policies. */
export function verdictText(line: RecordLine): string | undefined {
  const actions = [line.ingressNetworkPolicyRuleAction, line.egressNetworkPolicyRuleAction];
  return strictest.find((action) => actions.includes(action));
}

/** Times of a column are as long as each other. */
function secondText(ms: number): string {
  const text = localText(ms);
  return text.length === '2026-01-31 10:00'.length ? `${text}:00` : text;
}

const octetsColumn = (name: string, title: string, field: string, description: string): FlowColumn => ({
  name,
  title,
  description,
  isNumber: true,
  text: (line) => {
    const count = countIn(line, field);
    return count === undefined ? undefined : formatOctets(Number(count));
  },
  order: (line) => Number(countIn(line, field) ?? -1n),
});

const composed: readonly FlowColumn[] = [
  {
    name: 'time',
    title: 'last packet',
    description: 'time of the last packet, in your zone',
    text: (line) => {
      const ms = lineTime(line);
      return ms === undefined ? undefined : secondText(ms);
    },
    order: (line) => lineTime(line),
  },
  {
    name: 'source',
    title: 'source',
    description: 'Pod as namespace/name, else address',
    text: (line) => endText(line, 'source'),
  },
  {
    name: 'destination',
    title: 'destination',
    description: 'Pod as namespace/name, else address',
    text: (line) => endText(line, 'destination'),
  },
  {
    name: 'port',
    title: 'port',
    description: 'port of the destination',
    isNumber: true,
    text: (line) => textIn(line, 'destinationTransportPort'),
    order: (line) => Number(line.destinationTransportPort ?? -1),
  },
  {
    name: 'protocol',
    title: 'protocol',
    description: 'protocol over IP',
    text: (line) => textIn(line, 'protocol') ?? textIn(line, 'protocolIdentifier'),
  },
  octetsColumn('sent', 'sent', 'octetDeltaCount', 'octets from source to destination in this record'),
  octetsColumn(
    'received',
    'received',
    'reverseOctetDeltaCount',
    'octets from destination to source in this record',
  ),
  {
    name: 'verdict',
    title: 'verdict',
    description: 'the stricter action of both policies',
    text: verdictText,
  },
  {
    name: 'policy',
    title: 'policy',
    description: 'policies that applied at the destination and at the source',
    text: (line) =>
      [policyText(line, 'ingress'), policyText(line, 'egress')].filter((text) => text).join(', ') ||
      undefined,
  },
  {
    name: 'reason',
    title: 'reason',
    description: 'why there is this record',
    text: (line) => textIn(line, 'flowEndReason'),
  },
];

const rawColumns: readonly FlowColumn[] = fieldNames
  .filter((name) => name !== 'icmpTypeCode')
  .map((name) => {
    const { unit, storage, description } = fieldOf(name);
    const isCount = storage === 'unsigned64' && unit !== undefined;
    return {
      name,
      title: name,
      description,
      ...(isCount && { isNumber: true, order: (line: RecordLine) => Number(line[name] ?? -1) }),
      text: (line: RecordLine) =>
        isCount && typeof line[name] === 'number' ? formatCount(line[name]) : textIn(line, name),
    };
  });

export const flowColumns: readonly FlowColumn[] = [...composed, ...rawColumns];

export const defaultColumns: readonly string[] = composed
  .map(({ name }) => name)
  .filter((name) => name !== 'policy');

export const columnsOf = (names: readonly string[]): readonly FlowColumn[] =>
  names.flatMap((name) => flowColumns.find((column) => column.name === name) ?? []);

/** How rows are ordered: a column, and from small to large or the other way. */
export interface FlowOrder {
  readonly column: string;
  readonly isAscending: boolean;
}

/** Rows without a value come last, either way. */
export function orderedLines(lines: readonly RecordLine[], { column, isAscending }: FlowOrder): RecordLine[] {
  const [by] = columnsOf([column]);
  if (by === undefined) return [...lines];
  const sign = isAscending ? 1 : -1;
  const keyed = lines.map((line, place) => ({ line, place, key: by.order?.(line) ?? by.text(line) }));
  keyed.sort((a, b) => {
    if (a.key === undefined || b.key === undefined)
      return Number(a.key === undefined) - Number(b.key === undefined) || a.place - b.place;
    const order =
      typeof a.key === 'number' && typeof b.key === 'number'
        ? a.key - b.key
        : collator.compare(String(a.key), String(b.key));
    return sign * order || sign * (a.place - b.place);
  });
  return keyed.map(({ line }) => line);
}

const collator = new Intl.Collator('en', { numeric: true });
