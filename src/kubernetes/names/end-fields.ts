import type { EnrichableField } from '../../flow/index.ts';

/** The fields of one end of a flow. */
export interface EndFields {
  readonly podNamespace: EnrichableField;
  readonly podName: EnrichableField;
  readonly nodeName: EnrichableField;
  /** All of them as they lie in a row of names. */
  readonly inOrder: readonly EnrichableField[];
}

const fieldsOfEnd = (end: 'source' | 'destination'): EndFields => ({
  podNamespace: `${end}PodNamespace`,
  podName: `${end}PodName`,
  nodeName: `${end}NodeName`,
  inOrder: [
    `${end}PodNamespace`,
    `${end}PodName`,
    `${end}WorkloadKind`,
    `${end}WorkloadName`,
    `${end}PodLabels`,
    `${end}NodeName`,
    `${end}Zone`,
    `${end}PodUUID`,
    `${end}NodeUUID`,
  ],
});

/** The first of them: what an agent says, and what the aggregator says without UIDs. */
export const AGENT_FIELDS = 2;
export const FIELDS_WITHOUT_UIDS = 7;

export const sourceFields = fieldsOfEnd('source');
export const destinationFields = fieldsOfEnd('destination');
