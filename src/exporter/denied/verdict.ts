import { RuleAction } from '../../flow/enumerations.ts';
import { PacketDirection } from './packet-batch.ts';

/** What the prefix of a log rule says about the packets it logs. */
export interface Verdict {
  /** A `RuleAction`; Allow means that the packet was not denied. */
  readonly action: number;
  readonly namespace: string;
  readonly policy: string;
  readonly rule: string;
  /** Number of the policy's kind (element networkPolicyType); 0 for a plain firewall. */
  readonly policyType: number;
  /** A `PacketDirection` when the prefix has one; otherwise the direction of the hook counts. */
  readonly direction: number | undefined;
}

const actions: Readonly<Record<string, number>> = {
  allow: RuleAction.allow,
  allowed: RuleAction.allow,
  accept: RuleAction.allow,
  accepted: RuleAction.allow,
  pass: RuleAction.allow,
  permit: RuleAction.allow,
  audit: RuleAction.allow,
  drop: RuleAction.drop,
  dropped: RuleAction.drop,
  deny: RuleAction.drop,
  denied: RuleAction.drop,
  block: RuleAction.drop,
  blocked: RuleAction.drop,
  discard: RuleAction.drop,
  reject: RuleAction.reject,
  rejected: RuleAction.reject,
  refuse: RuleAction.reject,
  refused: RuleAction.reject,
};

const directions: Readonly<Record<string, number>> = {
  in: PacketDirection.ingress,
  input: PacketDirection.ingress,
  ingress: PacketDirection.ingress,
  inbound: PacketDirection.ingress,
  out: PacketDirection.egress,
  output: PacketDirection.egress,
  egress: PacketDirection.egress,
  outbound: PacketDirection.egress,
};

/** The action of a word in a prefix ("DROP", "denied"); undefined for other words. */
export const actionOfWord = (word: string): number | undefined => actions[word.toLowerCase()];

export const directionOf = (word: string): number | undefined => directions[word.toLowerCase()];
