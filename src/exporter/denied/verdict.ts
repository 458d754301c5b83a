import { RuleAction } from '../../flow/index.ts';
import { Direction } from './packet-batch.ts';

/** What a log rule's prefix tells about the packets it logs. */
export interface Verdict {
  /** A `RuleAction`; Allow means that the packet was not denied at all. */
  readonly action: number;
  readonly namespace: string;
  readonly policy: string;
  readonly rule: string;
  /** Number of the policy's kind (element networkPolicyType); 0 for a plain firewall. */
  readonly policyType: number;
  /** A `Direction` when the prefix says one; otherwise that of the hook counts. */
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
  in: Direction.ingress,
  input: Direction.ingress,
  ingress: Direction.ingress,
  inbound: Direction.ingress,
  out: Direction.egress,
  output: Direction.egress,
  egress: Direction.egress,
  outbound: Direction.egress,
};

/** The action that a word of a prefix stands for ("DROP", "denied"); undefined when it is none. */
export const actionOf = (word: string): number | undefined => actions[word.toLowerCase()];

export const directionOf = (word: string): number | undefined => directions[word.toLowerCase()];
