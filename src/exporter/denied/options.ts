import { RuleAction } from '../../flow/index.ts';
import {
  choiceOption,
  isIntegerWithin,
  listOption,
  nameListOption,
  optionSection,
  type SectionValues,
} from '../../runtime/index.ts';
import type { DeniedGroup } from './prefix-matcher.ts';
import { objectionToPattern, patternGroups } from './prefix-pattern.ts';
import { type PrefixPresetName, prefixPresets } from './prefix-presets.ts';

const presetNames = Object.keys(prefixPresets) as PrefixPresetName[];

export const MAX_NFLOG_GROUP = 65_535;

export const deniedOptions = optionSection('Denied connections, from firewall rules that log to NFLOG.', {
  groups: listOption(
    {
      description: 'NFLOG groups to read',
      value: `a list of numbers from 0 to ${MAX_NFLOG_GROUP}`,
      default: [],
      json: { type: 'integer', minimum: 0, maximum: MAX_NFLOG_GROUP },
    },
    (found) => (isIntegerWithin(found, 0, MAX_NFLOG_GROUP) ? found : undefined),
  ),
  presets: nameListOption(presetNames, {
    description: 'firewalls whose log prefixes the agent reads; iptables means the same as nftables',
    value: `a list of ${presetNames.join(', ')}`,
    default: ['ufw', 'firewalld', 'nftables'],
  }),
  patterns: listOption(
    {
      description: `patterns for log prefixes, tried before the presets; named groups (${patternGroups.join(', ')}) fill the record`,
      value: 'a list of regular expressions',
      default: [],
      json: { type: 'string' },
      isPattern: true,
    },
    readPattern,
  ),
  defaultAction: choiceOption(['drop', 'reject'], {
    description: 'action when neither a pattern nor a preset determines it',
    default: 'drop',
  }),
});

function readPattern(found: unknown): RegExp | undefined {
  if (typeof found !== 'string') return undefined;
  const objection = objectionToPattern(found);
  if (objection !== undefined) throw new TypeError(objection);
  return new RegExp(found);
}

/** The groups of a file. Its own patterns come before those of the presets. */
export function deniedGroups({
  groups,
  patterns,
  presets,
  defaultAction,
}: SectionValues<typeof deniedOptions>): DeniedGroup[] {
  const all = [
    ...patterns.map((expression) => ({ expression })),
    ...presets.flatMap((preset) => [...prefixPresets[preset]]),
  ];
  const action = defaultAction === 'reject' ? RuleAction.reject : RuleAction.drop;
  return groups.map((group) => ({ group, patterns: all, defaultAction: action }));
}
