import { RuleAction } from '../../flow/enumerations.ts';
import type { PrefixPattern } from './prefix-pattern.ts';

/** "drop input:default", "reject shop/database:from-web": the form of Weir's own example rules. */
const own: PrefixPattern = {
  expression:
    /^(?<action>drop|reject|allow) (?:(?<namespace>[^\s/:]+)\/)?(?<policy>[^\s/:]+)(?::(?<rule>[^\s:]+))?:? *$/i,
};

/** "INPUT-DROP: ", "output denied: ", "forward_reject ": usual prefixes of handwritten rules, chain first. */
const chainFirst: PrefixPattern = {
  expression:
    /^\W*(?<policy>(?<direction>input|output|inbound|outbound|in|out)|forward|fwd)[\W_]+(?<action>drop(?:ped)?|reject(?:ed)?|den(?:y|ied)|block(?:ed)?|accept(?:ed)?|allow(?:ed)?)\b/i,
};

/** "iptables denied: ", "REJECT_IN: ": an action word anywhere, but not "ssh not allowed: ". */
const anywhere: PrefixPattern = {
  expression:
    /(?<![a-z]|(?:^|[^a-z])not[\W_]+)(?<action>drop(?:ped)?|reject(?:ed)?|den(?:y|ied)|block(?:ed)?|accept(?:ed)?|allow(?:ed)?)(?![a-z])/i,
};

/** Prefixes by the program that writes the rules. Each preset's patterns are tried in order. */
export const prefixPresets = {
  nftables: [own, chainFirst, anywhere],
  iptables: [own, chainFirst, anywhere],

  /** "[UFW BLOCK] ", "[UFW AUDIT] ", "[UFW LIMIT BLOCK] " (which is followed by a REJECT rule). */
  ufw: [
    { expression: /^\[UFW (?<rule>LIMIT) BLOCK\]/, given: { action: RuleAction.reject, policy: 'ufw' } },
    { expression: /^\[UFW (?<action>BLOCK|ALLOW|AUDIT)\b/, given: { policy: 'ufw' } },
  ],

  /** "filter_IN_public_REJECT: ", "filter_FWD_public_DROP: ", "FINAL_REJECT: ", "STATE_INVALID_DROP: ". */
  firewalld: [
    {
      expression:
        /^"?(?:filter_)?(?:(?<direction>IN|OUT)|FWD[IO]?)_(?<policy>.+)_(?<action>REJECT|DROP|DENY|ALLOW|ACCEPT): /,
    },
    { expression: /^"?(?<rule>[A-Z_]+)_(?<action>REJECT|DROP): /, given: { policy: 'firewalld' } },
  ],
} as const satisfies Record<string, readonly PrefixPattern[]>;

export type PrefixPresetName = keyof typeof prefixPresets;

/** All presets, the most specific first, so that none matches the prefixes of another. */
export const allPresets: readonly PrefixPattern[] = [
  ...prefixPresets.ufw,
  ...prefixPresets.firewalld,
  ...prefixPresets.nftables,
];
