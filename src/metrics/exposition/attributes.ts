import type { Attributes } from '@opentelemetry/api';

/** The OpenTelemetry attribute for a Prometheus label. */
export interface AttributeMapping {
  readonly attribute: string;
  /**
   * Whether OpenTelemetry's registry of attributes has it (1.45), also behind `source.` or `destination.`.
   */
  readonly isConvention: boolean;
  /** The source of the name, or why it is Weir's own. */
  readonly reason: string;
  /** Exports a value of digits as a number. */
  readonly isNumber?: boolean;
  /** The convention requires lower case. */
  readonly isLowerCase?: boolean;
}

const conventionMapping = (
  attribute: string,
  reason: string,
  more: Pick<AttributeMapping, 'isNumber' | 'isLowerCase'> = {},
): AttributeMapping => ({ attribute, isConvention: true, reason, ...more });

const ownMapping = (attribute: string, reason: string): AttributeMapping => ({
  attribute,
  isConvention: false,
  reason,
});

/**
 * Labels to attributes. The conventions for Kubernetes and for the two ends of traffic still change: follow
 * them here. They name one object of a kind, so an end's attribute stands behind `source.` or `destination.`,
 * as they write addresses.
 */
const byLabel: Readonly<Record<string, AttributeMapping>> = {
  cluster: conventionMapping('k8s.cluster.name', 'registry: Kubernetes'),
  ...endsOf('node', (end) => conventionMapping(`${end}.k8s.node.name`, 'registry: Kubernetes')),
  ...endsOf('namespace', (end) => conventionMapping(`${end}.k8s.namespace.name`, 'registry: Kubernetes')),
  ...endsOf('pod', (end) => conventionMapping(`${end}.k8s.pod.name`, 'registry: Kubernetes')),
  ...endsOf('zone', (end) => conventionMapping(`${end}.cloud.availability_zone`, 'registry: cloud')),
  ...endsOf('workload', (end) =>
    ownMapping(
      `${end}.k8s.workload.name`,
      'the registry has an attribute for each kind of workload, which records do not tell',
    ),
  ),
  ...endsOf('kind', (end) => ownMapping(`weir.${end}.kind`, 'the registry knows no kinds of ends')),

  workload_namespace: conventionMapping('k8s.namespace.name', 'registry: Kubernetes'),
  workload: ownMapping('k8s.workload.name', 'as of the two ends'),
  kind: ownMapping('weir.kind', 'as of the two ends'),
  range: ownMapping(
    'weir.range.name',
    'the registry has network.peer.prefix, which is a CIDR and not its name',
  ),

  service_namespace: conventionMapping('k8s.namespace.name', 'registry: Kubernetes, namespace of the object'),
  service_name: conventionMapping('k8s.service.name', 'registry: Kubernetes'),
  service_port: ownMapping(
    'weir.service.port',
    'a name or a number; server.port of the registry is a number',
  ),
  service_kind: ownMapping('weir.service.kind', 'as of the two ends'),

  policy_namespace: conventionMapping('k8s.namespace.name', 'registry: Kubernetes, namespace of the object'),
  policy: conventionMapping(
    'security_rule.ruleset.name',
    'registry: security rule, "ruleset, policy, group"',
  ),
  policy_type: ownMapping('weir.policy.type', 'the registry has no kinds of policies'),
  policy_direction: ownMapping(
    'weir.policy.direction',
    'ingress and egress as Kubernetes says; not a direction of traffic',
  ),
  rule: conventionMapping('security_rule.name', 'registry: security rule'),
  action: ownMapping('weir.policy.rule.action', 'the registry has no verdicts'),

  protocol: conventionMapping('network.transport', 'registry: network, in lower case', { isLowerCase: true }),
  port: conventionMapping('server.port', 'registry: server, the end that is connected to', {
    isNumber: true,
  }),
  direction: ownMapping('weir.flow.direction', 'original and reverse (RFC 5103), which no convention has'),

  node: conventionMapping('k8s.node.name', 'registry: Kubernetes; the name of the host where there is none'),
  link: conventionMapping('network.interface.name', 'registry: network'),
  version: conventionMapping('service.version', 'registry: service'),
  exporter: conventionMapping(
    'network.peer.address',
    'registry: network, the other end of the transport session',
  ),
  domain: { ...ownMapping('weir.observation_domain.id', 'observationDomainId of RFC 7011'), isNumber: true },
  export_protocol: ownMapping('weir.export.protocol', 'IPFIX, a version of NetFlow, or sFlow'),
  peer_name: ownMapping('weir.peer.name', 'the name in the certificate of the other end'),
  component: ownMapping('weir.component', 'an account of the ledger'),
  unit: ownMapping('weir.unit', 'what an account counts'),
  reason: ownMapping('weir.reason', 'why something was dropped or could not be read'),
  event: ownMapping('weir.event', 'what an account notes'),
  sink: ownMapping('weir.sink.name', 'a sink by its name in the configuration'),
  target: ownMapping('weir.otlp.target', 'an OTLP target by its URL'),
  result: ownMapping('weir.result', 'how something ended'),
  told: ownMapping('weir.link.told', 'whether links have series of their own'),
  grouping: ownMapping('weir.grouping', 'a grouping of flow metrics, or a user-defined metric'),
};

/** For tables in which `direction` is that of octets over an interface or a border. */
const ioDirection = conventionMapping('network.io.direction', 'registry: network: transmit or receive');

/** @param source name of the table of series, or `process` for the process's own metrics */
export function attributeOf(label: string, source: string): AttributeMapping {
  if (label === 'direction' && (source === 'external' || source === 'process')) return ioDirection;
  return byLabel[label] ?? ownMapping(`weir.${label}`, 'no mapping');
}

/** All mappings; `direction` is that of flows. */
export const attributeMappings: Readonly<Record<string, AttributeMapping>> = byLabel;

/** The naming scheme of metrics and labels for a reader. */
export type Naming = 'prometheus' | 'opentelemetry';

/** Writes a label into attributes under its name in the given naming. */
export function attributeWriter(
  label: string,
  source: string,
  naming: Naming,
): (into: Attributes, value: string) => void {
  if (naming === 'prometheus') {
    return (into, value) => {
      into[label] = value;
    };
  }
  const { attribute, isNumber = false, isLowerCase = false } = attributeOf(label, source);
  return (into, value) => {
    into[attribute] =
      isNumber && /^\d{1,15}$/.test(value) ? Number(value) : isLowerCase ? value.toLowerCase() : value;
  };
}

function endsOf(what: string, mapping: (end: string) => AttributeMapping): Record<string, AttributeMapping> {
  return Object.fromEntries(['source', 'destination'].map((end) => [`${end}_${what}`, mapping(end)]));
}
