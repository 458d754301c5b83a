import fc from 'fast-check';
import { type FlowRecord, FlowType } from '../../src/flow/index.ts';

/** One end of a flow: all that its record says of it, and what those see who may not know it. */
export interface MadeEnd {
  /** Undefined: it belongs to none, so only those who may identify every end know it. */
  readonly namespace: string | undefined;
  readonly whole: FlowRecord;
  /** What it shows to all who may read the flow: of an end outside the cluster its address. */
  readonly open: FlowRecord;
  /** The type that the flow has because of this end. */
  readonly flowType?: number;
}

/** A flow between two ends, perhaps through a Service. */
export interface MadeFlow {
  readonly source: MadeEnd;
  readonly destination: MadeEnd;
  readonly service: MadeEnd | undefined;
  /** What belongs to no end: ports, counters, actions. */
  readonly shared: FlowRecord;
  /** Which node exported it: that of either end. */
  readonly exporter: FlowRecord;
}

/** What somebody may do, by names of namespaces. '*' stands for all, also for ends without one. */
export interface FlowReaderRights {
  readonly readable: readonly string[];
  readonly identified: readonly string[];
}

export const madeNamespaces = ['ns-amber', 'ns-birch', 'ns-cedar', 'ns-amber-2', 'ns-am', 'ns-dune'] as const;

/**
 * What somebody sees of a flow, as docs/how-to/access.md says; undefined: nothing. It knows nothing of how
 * Weir finds that out.
 */
export function shownOf(flow: MadeFlow, { readable, identified }: FlowReaderRights): FlowRecord | undefined {
  const { source, destination, service, shared, exporter } = flow;
  if (readable.includes('*')) return recordOf(flow);
  const isReadable = ({ namespace }: MadeEnd) => namespace !== undefined && readable.includes(namespace);
  if (!isReadable(source) && !isReadable(destination)) return undefined;
  const isKnown = (end: MadeEnd) =>
    isReadable(end) || identified.includes('*') || identified.includes(end.namespace ?? '*');
  const ends = [source, destination, ...(service === undefined ? [] : [service])];
  const shown = ends.map((end) => (isKnown(end) ? end.whole : end.open));
  const isWhole = ends.every(({ whole }, i) => shown[i] === whole);
  return Object.assign({}, shared, isWhole && exporter, ...shown);
}

export const recordOf = ({ source, destination, service, shared, exporter }: MadeFlow): FlowRecord => ({
  ...{ ...shared, ...exporter, ...source.whole },
  ...{ ...destination.whole, ...service?.whole },
});

const namespaceNumber = (namespace: string): number => madeNamespaces.indexOf(namespace as never);

const anyNamespace = fc.constantFrom(...madeNamespaces);
const anyNumber = fc.integer({ min: 1, max: 3 });

/** No two namespaces share a name, an address or a node, so that each text tells whose it is. */
const anyPod = fc.record({ namespace: anyNamespace, number: anyNumber, hasPolicy: fc.boolean() });

function podEnd(
  end: 'source' | 'destination',
  { namespace, number, hasPolicy }: { namespace: string; number: number; hasPolicy: boolean },
): MadeEnd {
  const word = namespace.slice(3);
  const policy = end === 'source' ? 'egress' : 'ingress';
  return {
    namespace,
    open: {},
    whole: {
      [`${end}PodNamespace`]: namespace,
      [`${end}PodName`]: `pod-${word}-${number}`,
      [`${end}PodUUID`]: `uid-${word}-${number}`,
      [`${end}PodLabels`]: JSON.stringify({ team: `label-${word}` }),
      [`${end}WorkloadKind`]: 'Deployment',
      [`${end}WorkloadName`]: `work-${word}-${number}`,
      [`${end}NodeName`]: `node-${word}`,
      [`${end}Zone`]: `zone-${word}`,
      [`${end}IP`]: `10.20.${namespaceNumber(namespace)}.${number}`,
      ...(hasPolicy && {
        [`${policy}NetworkPolicyNamespace`]: namespace,
        [`${policy}NetworkPolicyName`]: `policy-${word}`,
        [`${policy}NetworkPolicyRuleName`]: `rule-${word}`,
      }),
    },
  };
}

/** An end that belongs to no namespace, by a number that its names have. */
const otherEnds: Readonly<Record<string, (end: 'source' | 'destination', number: number) => MadeEnd>> = {
  outside: (end, number) => {
    const shown = { [`${end}IP`]: `198.51.100.${number}`, [`${end}RangeName`]: `range-${number}` };
    const flowType = end === 'source' ? FlowType.fromExternal : FlowType.toExternal;
    return { namespace: undefined, whole: shown, open: shown, flowType };
  },
  node: (end, number) => ({
    ...{ namespace: undefined, open: {} },
    whole: {
      [`${end}IP`]: `10.99.0.${number}`,
      [`${end}NodeName`]: `host-${number}`,
      [`${end}Zone`]: `hostzone-${number}`,
    },
  }),
  nameless: (end, number) => ({
    ...{ namespace: undefined, open: {} },
    whole: { [`${end}IP`]: `10.98.0.${number}` },
  }),
};

/** An outside client that another node let in: who it is is no secret, and that node is. */
const letInByOther = (number: number): MadeEnd => {
  const open = { sourceIP: `198.51.100.${number}` };
  const entry = { sourceNodeName: `entry-${number}`, proxySnatIP: `10.97.0.${number}` };
  return { namespace: undefined, open, whole: { ...open, ...entry }, flowType: FlowType.fromExternal };
};

const otherEnd = (end: 'source' | 'destination') =>
  fc
    .tuple(fc.constantFrom(...Object.values(otherEnds)), anyNumber)
    .map(([endOf, number]) => endOf(end, number));

const anySource = fc.oneof(
  { weight: 4, arbitrary: anyPod.map((pod) => podEnd('source', pod)) },
  otherEnd('source'),
  anyNumber.map(letInByOther),
);

function serviceEnd(namespace: string, number: number): MadeEnd {
  const word = namespace.slice(3);
  return {
    ...{ namespace, open: {} },
    whole: {
      destinationServiceIP: `10.96.${namespaceNumber(namespace)}.${number}`,
      destinationServicePortName: `${namespace}/service-${word}-${number}:https`,
    },
  };
}

const anyService = fc
  .tuple(anyNamespace, anyNumber)
  .map(([namespace, number]) => serviceEnd(namespace, number));

/** A Service without endpoints: its address stands where that of a Pod would. */
const anyRefusing = anyService.map(({ namespace, whole }) => {
  const { destinationServiceIP, destinationServicePortName } = whole;
  return {
    destination: { namespace, open: {}, whole: { destinationIP: destinationServiceIP } } as MadeEnd,
    service: { namespace, open: {}, whole: { destinationServicePortName } } as MadeEnd,
  };
});

const anyDestination = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      destination: anyPod.map((pod) => podEnd('destination', pod)),
      service: fc.option(anyService, { nil: undefined, freq: 1 }),
    }),
  },
  otherEnd('destination').map((destination) => ({ destination, service: undefined })),
  anyRefusing,
);

const anyShared = fc.record({
  protocolIdentifier: fc.constantFrom(6, 17),
  sourceTransportPort: fc.integer({ min: 40_000, max: 40_003 }),
  destinationTransportPort: fc.constantFrom(53, 443, 8443),
  egressNetworkPolicyRuleAction: fc.constantFrom(0, 1, 2),
  // So many that no other number is by chance the same.
  octetDeltaCount: fc.integer({ min: 10 ** 11, max: 10 ** 12 }),
  reverseOctetDeltaCount: fc.integer({ min: 10 ** 11, max: 10 ** 12 }),
  packetDeltaCount: fc.integer({ min: 1, max: 1_000 }),
});

/** Any flow of a cluster, with all kinds of ends. */
export const anyMadeFlow: fc.Arbitrary<MadeFlow> = fc
  .record({
    source: anySource,
    ends: anyDestination,
    shared: anyShared,
    inside: fc.constantFrom(FlowType.intraNode, FlowType.interNode),
    exporter: fc.constantFrom({}, { originalExporterIP: '10.95.0.1' }),
  })
  .map(({ source, ends, shared, inside, exporter }) => ({
    ...{ ...ends, source, exporter },
    shared: { ...shared, flowType: source.flowType ?? ends.destination.flowType ?? inside },
  }));
