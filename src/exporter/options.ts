import { defaultsOf, durationOption, flagOption, integerOption } from '../runtime/index.ts';

/** The options of an agent in a file. */
export const agentOptions = {
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
