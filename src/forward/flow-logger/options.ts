import { RuleAction } from '../../flow/index.ts';
import {
  choiceOption,
  flagOption,
  integerOption,
  listOption,
  optionSection,
  optionSectionList,
  pathOption,
  type SectionValues,
} from '../../runtime/index.ts';

const actions = ['None', 'Allow', 'Drop', 'Reject'] as const;
type ActionName = (typeof actions)[number];

/** The numbers that records have for actions. */
export const actionNumbers: Readonly<Record<ActionName, number>> = {
  None: RuleAction.none,
  Allow: RuleAction.allow,
  Drop: RuleAction.drop,
  Reject: RuleAction.reject,
};

const ruleActions = (side: string) =>
  listOption(
    {
      description: `action of the ${side} rule`,
      value: `a list of ${actions.join(', ')}`,
      names: actions,
      json: { enum: actions },
    },
    (found) => actions.find((action) => action === found),
  );

/** The reference system's options, with its names and defaults. */
export const flowLoggerOptions = optionSection('Write flows to a log file as CSV.', {
  path: pathOption('append', { description: 'the file', value: 'a path', default: '/tmp/antrea-flows.log' }),
  maxSize: integerOption(1, 1_000_000, { description: 'megabytes of a file', default: 100 }),
  maxBackups: integerOption(0, 1_000_000, { description: 'number of old files to keep; 0: all', default: 3 }),
  maxAge: integerOption(0, 1_000_000, { description: 'days to keep them; 0: without limit', default: 0 }),
  compress: flagOption({ description: 'gzip old files', default: true }),
  recordFormat: choiceOption(['CSV'], { description: 'format', default: 'CSV' }),
  filters: optionSectionList('Log only flows that meet all conditions of any item.', {
    ingressNetworkPolicyRuleActions: ruleActions('ingress'),
    egressNetworkPolicyRuleActions: ruleActions('egress'),
  }),
  prettyPrint: flagOption({ description: 'names instead of numbers', default: true }),
});

export type FlowLoggerOptions = SectionValues<typeof flowLoggerOptions>;
