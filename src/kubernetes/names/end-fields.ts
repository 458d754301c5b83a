import type { EnrichableField } from '../../flow/index.ts';

/** The fields of one end of a flow. */
export interface EndFields {
  readonly podNamespace: EnrichableField;
  readonly podName: EnrichableField;
  readonly podLabels: EnrichableField;
  readonly podUid: EnrichableField;
  readonly nodeName: EnrichableField;
  readonly nodeUid: EnrichableField;
  readonly workloadKind: EnrichableField;
  readonly workloadName: EnrichableField;
  readonly zone: EnrichableField;
}

const fieldsOfEnd = (end: 'source' | 'destination'): EndFields => ({
  podNamespace: `${end}PodNamespace`,
  podName: `${end}PodName`,
  podLabels: `${end}PodLabels`,
  podUid: `${end}PodUUID`,
  nodeName: `${end}NodeName`,
  nodeUid: `${end}NodeUUID`,
  workloadKind: `${end}WorkloadKind`,
  workloadName: `${end}WorkloadName`,
  zone: `${end}Zone`,
});

export const sourceFields = fieldsOfEnd('source');
export const destinationFields = fieldsOfEnd('destination');
