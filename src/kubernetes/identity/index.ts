/**
 * Who agents and aggregators are in a cluster, and where they find each other. The aggregator makes and
 * replaces the certificates of both in Secrets and a ConfigMap; agents read theirs. Agents find the
 * aggregator's Service through the API. Knows nothing of flows and IPFIX. /
 */
export { AgentIdentity, type AgentIdentityParts } from './agent-identity.ts';
export { AggregatorIdentity, type AggregatorIdentityParts } from './aggregator-identity.ts';
export { ClusterIdentityStore, type ObjectClient, type ObjectWatch } from './cluster-identity-store.ts';
export {
  dataKeys,
  type IdentityData,
  type IdentityObject,
  type IdentityRole,
  type IdentityStore,
  identityObjects,
  ownLabel,
} from './identity-store.ts';
export { CLIENT_NAME } from './made-object.ts';
export { type ObjectWatchParts, watchObjects } from './object-watch.ts';
export {
  aggregatorService,
  type CertificateSource,
  certificateSource,
  certificateSources,
} from './options.ts';
export { defaultRotationTimes, type RotationTimes } from './rotation-times.ts';
export { ServiceAddresses, type ServiceAddressesParts } from './service-addresses.ts';
export { clusterDomainIn, serviceNames } from './service-names.ts';
