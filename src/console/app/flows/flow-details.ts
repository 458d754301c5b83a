import { elementsOf, type FieldName, fieldNames, fieldOf } from '../../../flow/index.ts';
import { policyText } from './flow-columns.ts';
import { countIn, type RecordLine } from './record-line.ts';

const counters = ['octetTotalCount', 'packetTotalCount', 'octetDeltaCount', 'packetDeltaCount'] as const;
const reverseOf = (name: string): string => `reverse${name[0]!.toUpperCase()}${name.slice(1)}`;

/** A counter of a joined record, and what each of the two nodes reports. */
export interface NodeCounts {
  readonly field: string;
  readonly joined: bigint | undefined;
  readonly source: bigint | undefined;
  readonly destination: bigint | undefined;
}

/** All counters of a record, with both nodes' halves. */
export const nodeCounts = (line: RecordLine): readonly NodeCounts[] =>
  counters
    .flatMap((name) => [name, reverseOf(name)])
    .map((field) => ({
      field,
      joined: countIn(line, field),
      source: countIn(line, `${field}FromSourceNode`),
      destination: countIn(line, `${field}FromDestinationNode`),
    }));

const ofFlow = [
  'flowId',
  'flowStartMilliseconds',
  'sourceIP',
  'destinationIP',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
] as const;

/** A node may give the number of a flow to another one later. */
export const isOfSameFlow = (a: RecordLine, b: RecordLine): boolean =>
  ofFlow.every((field) => a[field] === b[field]);

/** What the records of a flow say together. */
export interface FlowSum {
  readonly records: readonly RecordLine[];
  readonly deltas: { readonly sent: bigint; readonly received: bigint };
  /** Of the last record. */
  readonly totals: { readonly sent: bigint; readonly received: bigint };
  /** Whether the deltas of these records are the totals: earlier records may not be here. */
  readonly isWhole: boolean;
}

export function flowSum(line: RecordLine, lines: readonly RecordLine[]): FlowSum {
  const records = lines
    .filter((other) => isOfSameFlow(line, other))
    .sort((a, b) => String(a.flowEndMilliseconds).localeCompare(String(b.flowEndMilliseconds)));
  const sumOf = (field: string) => records.reduce((sum, record) => sum + (countIn(record, field) ?? 0n), 0n);
  const last = records.at(-1) ?? line;
  const deltas = { sent: sumOf('octetDeltaCount'), received: sumOf('reverseOctetDeltaCount') };
  const totals = {
    sent: countIn(last, 'octetTotalCount') ?? 0n,
    received: countIn(last, 'reverseOctetTotalCount') ?? 0n,
  };
  return {
    records,
    deltas,
    totals,
    isWhole: deltas.sent === totals.sent && deltas.received === totals.received,
  };
}

/** What a policy decided, in words; undefined where the record names none. */
export function decisionText(line: RecordLine, side: 'ingress' | 'egress'): string | undefined {
  const policy = policyText(line, side);
  const action = line[`${side}NetworkPolicyRuleAction`];
  if (policy === undefined && action === undefined) return undefined;
  const rule = line[`${side}NetworkPolicyRuleName`];
  const kind = line[`${side}NetworkPolicyType`];
  return [
    action ?? 'no action named',
    policy === undefined ? 'by a policy that the record does not name' : `by ${policy}`,
    rule === undefined ? undefined : `rule ${rule}`,
    kind === undefined ? undefined : `(${kind})`,
  ]
    .filter((text) => text !== undefined)
    .join(' ');
}

/** A field of a record as IPFIX has it. */
export interface RawField {
  readonly name: string;
  readonly value: string;
  /** Such as "IANA 148", or "56506/104". */
  readonly element: string;
  readonly description: string;
}

/** Keys of a line that are no names of fields: they stand beside a number, or are one family's. */
const fieldOfKey: Readonly<Record<string, FieldName>> = {
  protocol: 'protocolIdentifier',
  icmpTypeCodeIPv4: 'icmpTypeCode',
  icmpTypeCodeIPv6: 'icmpTypeCode',
};
const enterprises: Readonly<Record<number, string>> = {
  0: 'IANA',
  29305: 'reverse of IANA',
  56506: 'Antrea',
};

export function rawFields(line: RecordLine): readonly RawField[] {
  const family = `${line.sourceIP}${line.destinationIP}`.includes(':') ? 6 : 4;
  return Object.entries(line).map(([key, value]) => {
    const name = fieldNames.find((one) => one === (fieldOfKey[key] ?? key));
    const element = name === undefined ? undefined : elementsOf(name, family)[0];
    return {
      name: key,
      value: String(value),
      element:
        element === undefined
          ? ''
          : `${element.name}, ${enterprises[element.enterprise] ?? element.enterprise} ${element.id}`,
      description: name === undefined ? '' : fieldOf(name).description,
    };
  });
}
