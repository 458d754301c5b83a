import type { FieldName, FlowBatch } from '../flow/index.ts';

/**
 * Names that foreign exporters alone have, each with a name that agents alone have. The two share a place in
 * a row of the flow table, so that flows of agents need no more memory.
 */
export const sharedNames = [
  { foreign: 'ingressInterfaceName', own: 'ingressNetworkPolicyNamespace' },
  { foreign: 'egressInterfaceName', own: 'egressNetworkPolicyNamespace' },
  { foreign: 'ingressVRFName', own: 'ingressNetworkPolicyRuleName' },
  { foreign: 'egressVRFName', own: 'egressNetworkPolicyRuleName' },
] as const satisfies readonly { readonly foreign: FieldName; readonly own: FieldName }[];

/** Moves the shared names of record `i`, which is a foreign exporter's, to their own columns. */
export function moveForeignNames({ columns }: FlowBatch, i: number): void {
  for (const { foreign, own } of sharedNames) {
    columns[foreign][i] = columns[own][i]!;
    columns[own][i] = 0;
  }
}

/** Call before the first record: those of agents leave these columns as they are. */
export function clearForeignNames({ columns }: FlowBatch): void {
  for (const { foreign } of sharedNames) columns[foreign].fill(0);
}
