import { type FieldName, type FlowRecord, fieldOf } from '../../flow/index.ts';
import { csvCell } from '../../sinks/index.ts';

/** The reference system's columns, in its order. It has no counters, and no header. */
const columns: readonly FieldName[] = [
  'flowStartMilliseconds',
  'flowEndMilliseconds',
  'sourceIP',
  'destinationIP',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'sourcePodName',
  'sourcePodNamespace',
  'sourceNodeName',
  'destinationPodName',
  'destinationPodNamespace',
  'destinationNodeName',
  'destinationServiceIP', // destinationClusterIP, its older name
  'destinationServiceIP',
  'destinationServicePort',
  'destinationServicePortName',
  ...policyColumns('ingress'),
  ...policyColumns('egress'),
  'egressName',
  'egressIP',
  'egressNodeName',
];

function policyColumns(side: 'ingress' | 'egress'): FieldName[] {
  return (['Name', 'Namespace', 'RuleName', 'RuleAction', 'Type'] as const).map(
    (what) => `${side}NetworkPolicy${what}` as const,
  );
}

/**
 * Writes a record as a line without a line break. Times are seconds since 1970.
 * @param isPretty whether to write names instead of numbers, where there are names
 */
export function csvLine(record: FlowRecord, isPretty: boolean): string {
  return columns.map((name) => csvCell(cellOf(record, name, isPretty))).join(',');
}

function cellOf(record: FlowRecord, name: FieldName, isPretty: boolean): unknown {
  const value = record[name];
  if (value === undefined) return undefined;
  if (name.endsWith('Milliseconds')) return Math.floor(Number(value) / 1_000);
  const named = isPretty ? fieldOf(name).enumeration?.names.get(Number(value)) : undefined;
  return named ?? value;
}
