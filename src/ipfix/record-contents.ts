import { enricherFields } from '../flow/index.ts';

/** What records contain of Kubernetes, and which elements of a template follow from that. */
export interface RecordContents {
  /** Names of Pods, namespaces, nodes, Services, policies and Egresses. */
  readonly names: boolean;
  /**
   * UIDs of the same objects. The flow record has fields for those of Pods, nodes and Services. The others
   * are 16 zero octets, which the reference system sends for an unknown UID.
   */
  readonly uids: boolean;
  /** Labels of both Pods. Without, their elements stay in the template with an empty string. */
  readonly podLabels: boolean;
}

export const defaultContents: RecordContents = { names: true, uids: false, podLabels: true };

export const uidOctets = 16;

/** Names by the element of the UID that follows them in the reference system's template. */
const uidAfter: Readonly<Record<string, string>> = {
  sourcePodNamespace: 'sourcePodUUID',
  sourceNodeName: 'sourceNodeUUID',
  destinationPodNamespace: 'destinationPodUUID',
  destinationNodeName: 'destinationNodeUUID',
  destinationServicePortName: 'destinationServiceUUID',
  ingressNetworkPolicyNamespace: 'ingressNetworkPolicyUUID',
  egressNetworkPolicyNamespace: 'egressNetworkPolicyUUID',
  egressName: 'egressUUID',
  egressNodeName: 'egressNodeUUID',
};

const moreNames = new Set([
  'sourcePodName',
  'destinationPodName',
  'ingressNetworkPolicyName',
  'egressNetworkPolicyName',
]);
/** Rules have no UID of their own, so their names go with either. */
const ruleNames = new Set(['ingressNetworkPolicyRuleName', 'egressNetworkPolicyRuleName']);
const labels = new Set(['sourcePodLabels', 'destinationPodLabels']);
const uids = new Set(Object.values(uidAfter));
const known: ReadonlySet<string> = new Set(enricherFields);

/** Whether an element carries a UID. */
export const isUid = (name: string): boolean => uids.has(name);

/** The elements of records with these contents, in the reference system's order. */
export const elementsWith = (contents: RecordContents, elements: readonly string[]): string[] =>
  elements.flatMap((name) => {
    const uid = uidAfter[name];
    const isSent =
      contents.names || (ruleNames.has(name) ? contents.uids : uid === undefined && !moreNames.has(name));
    return [...(isSent ? [name] : []), ...(uid !== undefined && contents.uids ? [uid] : [])];
  });

/** Whether records with these contents have no value in a field of their template. */
export const isBlankWith =
  ({ podLabels }: RecordContents) =>
  ({ element: { name } }: { readonly element: { readonly name: string } }): boolean =>
    (isUid(name) && !known.has(name)) || (labels.has(name) && !podLabels);
