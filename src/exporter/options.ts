import { defaultsOf, duration, flag, integer } from '../runtime/index.ts';

/** The options of an agent in a file. */
export const agentOptions = {
  pollIntervalMs: duration('1s', {
    description: "how often the kernel's connection table is read as a whole",
    default: 5_000,
  }),
  activeTimeoutMs: duration('1s', {
    description: 'a record of a connection with traffic is sent each time this has passed',
    default: 60_000,
  }),
  idleTimeoutMs: duration('1s', {
    description: 'a record is sent when a connection had no packet for this long',
    default: 15_000,
  }),
  loopback: flag({ description: 'also connections of the host with itself', default: false }),
  tracking: flag({
    description:
      'turn connection tracking on by a small nftables table of its own (weir- and a number), for hosts where no firewall rule does',
    default: false,
  }),
  events: flag({
    description:
      "listen to the kernel's connection events; without, connections shorter than the poll are not seen",
    default: true,
  }),
  maxConnections: integer(1, 16_777_216, {
    description: 'connections kept at most; those beyond are counted and not kept',
    default: 524_288,
  }),
};

export const defaultAgentOptions = defaultsOf(agentOptions);
