import type { Dictionary } from './dictionary.ts';
import type { FieldName } from './fields.ts';
import { enricherFields } from './fields-by-enrichers.ts';
import type { RepeatedName } from './repeated-name.ts';

/**
 * Fields that somebody other than the observing node may know: names, labels, policies, and where the ends
 * are. Counters, times, addresses and who observed the flow are facts of its records.
 */
export const enrichableFields = [
  'sourcePodNamespace',
  'sourcePodName',
  'sourcePodLabels',
  'sourceNodeName',
  'destinationPodNamespace',
  'destinationPodName',
  'destinationPodLabels',
  'destinationNodeName',
  'destinationServicePortName',
  'ingressNetworkPolicyNamespace',
  'ingressNetworkPolicyName',
  'ingressNetworkPolicyType',
  'ingressNetworkPolicyRuleName',
  'ingressNetworkPolicyRuleAction',
  'egressNetworkPolicyNamespace',
  'egressNetworkPolicyName',
  'egressNetworkPolicyType',
  'egressNetworkPolicyRuleName',
  'egressNetworkPolicyRuleAction',
  'flowType',
  'egressName',
  'egressIP',
  'egressNodeName',
  'clusterId',
  ...enricherFields,
] as const satisfies readonly FieldName[];
export type EnrichableField = (typeof enrichableFields)[number];

/** Values of a column that may be read and not written. */
export interface ReadableColumn {
  readonly length: number;
  readonly [at: number]: number;
}

/** A batch that may be read and not written. */
export interface ReadableBatch {
  readonly columns: { readonly [N in FieldName]: ReadableColumn };
  readonly dictionary: Pick<Dictionary, 'text' | 'number'>;
  readonly length: number;
}

/** Takes what an enricher knows of a row. A value that is there already stays. */
export interface FlowFiller {
  /**
   * @param value text for a field of strings, the number on the wire for the others
   * @throws {RangeError} if the enricher does not say that it fills this field, or the value is of another
   * kind, too great or too long
   */
  fill(field: EnrichableField, row: number, value: string | number): void;
  /** The same for a text that fills many rows: it costs less. Nothing for an empty one. */
  fillName(field: EnrichableField, row: number, name: RepeatedName): void;
  /** The id of a text in the dictionary of the batch; 0 for an empty one, or when there is no room for it. */
  idOf(name: RepeatedName): number;
  /**
   * Fills the fields of a group with ids of that dictionary, the first with `ids[at]`. Names that go together
   * cost the least so.
   */
  fillGroup(group: number, row: number, ids: Uint32Array, at: number): void;
}

/**
 * Adds names to flows when they are reported. A name that becomes known while a flow is open is in its next
 * record, and in what metrics count from then on. It is called once for the records of some flows, and must
 * not wait. If it throws, it is called again for each of them alone.
 */
export interface FlowEnricher {
  /** For the ledger. */
  readonly name: string;
  readonly fills: readonly EnrichableField[];
  /** Fields of texts, among `fills`, that `fillGroup` fills together: by the place of their group here. */
  readonly groups?: readonly (readonly EnrichableField[])[];
  /** Fills rows `from` to `to`, without `to`. */
  enrich(flows: ReadableBatch, from: number, to: number, filler: FlowFiller): void;
}
