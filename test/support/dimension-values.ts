import type { DimensionName, FlowRecord } from '../../src/flow/index.ts';
import { awkwardFlows } from './awkward-flows.ts';
import { awkwardAddresses, awkwardNames } from './filter-word-values.ts';

/* Flows with a value in each dimension, and values to ask for. Some look like others. */

const zones = ['eu-1a', 'eu-1b', 'none'];
const ranges = ['Office Berlin', 'internet', 'web', 'a/b'];
const rules = ['r1', 'allow, all', '(x)'];
/** As controllers name them, and as they do not. */
const podNames = [
  'web-7d4b9c8f6d-x2x5k',
  'web-0',
  'web',
  'job-28000000-x2x5k',
  '-0',
  'a/b',
  '😀-bcdfg',
  '"-12',
];

const workloads = ['web', 'job', 'a/b', '😀', 'Other', '__proto__'];
const namespaces = ['web', 'a/b', 'other', undefined];

export const namedFlows = (nowMs = Date.now()): FlowRecord[] =>
  awkwardFlows(nowMs).map((flow, i) => {
    const pick = <T>(from: readonly T[], by: number): T | undefined =>
      from[Math.floor(i / by) % (from.length + 1)];
    const more = {
      sourcePodNamespace: pick(namespaces, 1),
      sourcePodName: pick(podNames, 2),
      sourceWorkloadName: pick(workloads, 3),
      destinationWorkloadName: pick(workloads, 1),
      sourceZone: pick(zones, 1),
      destinationZone: pick(zones, 2),
      sourceRangeName: pick(ranges, 2),
      destinationRangeName: pick(ranges, 1),
      ingressNetworkPolicyRuleName: pick(rules, 1),
      egressNetworkPolicyRuleName: pick(rules, 2),
      tcpState: pick(['ESTABLISHED', 'SYN_SENT', 'TIME_WAIT'], 1),
      clusterId: pick(['prod', 'test'], 5),
    };
    return Object.fromEntries(
      Object.entries({ ...flow, ...more }).filter(([, value]) => value !== undefined),
    );
  });

const pods = ['web/web-0', 'a/b/web', 'a/b/a/b', '/web', '/-0', 'web/web-2', 'web/😀-bcdfg'];
const ends = {
  '': [...pods, ...awkwardAddresses, ''],
  Workload: [
    'web/web',
    'a/b/web',
    'web/a/b',
    '/job',
    'web/Other',
    'web/__proto__',
    'web',
    'Office Berlin',
    'a/b',
    '/-0',
    '',
  ],
  Namespace: ['web', 'a/b', 'none', ''],
  Pod: [...pods, ''],
  Node: [...awkwardNames, ''],
  Zone: [...zones, ''],
  Range: [...ranges, ''],
  Address: [...awkwardAddresses, ''],
  Prefix: ['10.0.0.0/24', '110.0.0.0/24', '0.0.0.0/24', '::/64', '1::/64', '2001:db8::/64', ''],
  Port: ['0', '80', 'http', '443', '18080', ''],
};

const ofEnd = (end: 'source' | 'destination') =>
  Object.fromEntries(Object.entries(ends).map(([name, values]) => [`${end}${name}`, values]));

const policies = ['web', 'web/web', 'web/axb', 'x|y/x|y', 'other', ''];
const actions = ['Allow', 'drop', 'Reject', ''];

export const valuesByDimension: Readonly<Partial<Record<DimensionName, readonly string[]>>> = {
  ...ofEnd('source'),
  ...ofEnd('destination'),
  protocol: ['TCP', 'udp', 'ICMP', 'GRE', '200', ''],
  service: ['web/web', 'web/web:http', 'a.b/x', ''],
  flowType: ['IntraNode', 'inter-node', 'ToExternal', '9', ''],
  ingressPolicy: policies,
  ingressRule: [...rules, ''],
  ingressAction: [...actions, '7'],
  egressPolicy: policies,
  egressRule: [...rules, ''],
  egressAction: [...actions, '9'],
  verdict: actions,
  tcpState: ['ESTABLISHED', 'SYN_SENT', 'CLOSE', ''],
  cluster: ['prod', 'test', 'none', ''],
};

/** Those that a query of logs can test, too. */
export const loggedValuesByDimension = Object.fromEntries(
  Object.entries(valuesByDimension).filter(([name]) => !name.endsWith('Workload')),
) as typeof valuesByDimension;
