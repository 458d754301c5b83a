import { parseAddressRange } from '../flow/index.ts';
import {
  defaultsOf,
  durationOption,
  flagOption,
  inAnyCase,
  integerOption,
  listOption,
  pathOption,
  textOption,
} from '../runtime/index.ts';

/** Protocols whose connections `protocolFilter` can choose, as in the reference system. */
export const filteredProtocols = ['tcp', 'udp', 'sctp'];

const addressRangesOption = (description: string) =>
  listOption(
    { description, value: 'a list of CIDRs, such as "10.0.0.0/8"', json: { type: 'string' } },
    (found) => (typeof found === 'string' && parseAddressRange(found) !== undefined ? found : undefined),
  );

/** The options of an agent in a file. */
export const agentOptions = {
  nodeName: textOption({
    description: 'name of this node in records',
    value: 'a name',
    derived: "the host's name",
  }),
  networkNamespace: pathOption('open', {
    description: 'watch the network namespace of this file, e.g. /run/netns/blue',
    value: 'the path of a file',
    derived: "the agent's own",
  }),
  stateDirectory: pathOption('make', {
    description:
      'directory for the state that the next agent needs to count packets that passed while none ran; without it, that number is unknown',
    value: 'the path of a directory',
  }),
  clusterNetworks: addressRangesOption(
    'addresses of the workloads of all nodes; all other addresses are external',
  ),
  nodeNetworks: addressRangesOption(
    'addresses of the workloads of this node; in a cluster the agent knows its Pods without it',
  ),
  protocolFilter: listOption(
    {
      description: 'export only connections of these protocols; by default all; an empty list exports none',
      names: filteredProtocols,
      value: `a list of ${filteredProtocols.join(', ')}`,
      json: { type: 'string', pattern: `^(${filteredProtocols.map(inAnyCase).join('|')})$` },
    },
    (found) => filteredProtocols.find((name) => name === String(found).toLowerCase()),
  ),
  pollIntervalMs: durationOption('1s', {
    description: "interval at which the agent reads the kernel's whole connection table",
    default: 5_000,
  }),
  activeTimeoutMs: durationOption('1s', {
    description: 'interval between records of a connection with traffic',
    default: 60_000,
  }),
  idleTimeoutMs: durationOption('1s', {
    description: 'time without a packet after which a record of the connection is sent',
    default: 15_000,
  }),
  loopback: flagOption({ description: 'also export connections of the host with itself', default: false }),
  ownExport: flagOption({
    description: "also export the agent's own connection to its collector",
    default: false,
  }),
  tracking: flagOption({
    description:
      'turn connection tracking on with an nftables table (weir- and a number), for hosts where no firewall rule does',
    default: false,
  }),
  events: flagOption({
    description:
      "listen to the kernel's connection events; without them, the agent misses connections shorter than the poll interval",
    default: true,
  }),
  maxConnections: integerOption(1, 16_777_216, {
    description: 'maximum number of connections; the agent counts further ones but does not follow them',
    default: 524_288,
  }),
};

export const defaultAgentOptions = defaultsOf(agentOptions);
