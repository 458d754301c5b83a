import { RuleAction } from '../../flow/index.ts';
import {
  choiceOption,
  flagOption,
  listOption,
  optionSection,
  optionSectionList,
  pathOption,
  type SectionValues,
} from '../../runtime/index.ts';
import { rotationOptions } from '../rotation-options.ts';

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
  ...rotationOptions,
  recordFormat: choiceOption(['CSV'], { description: 'format', default: 'CSV' }),
  filters: optionSectionList('Log only flows that meet all conditions of any item.', {
    ingressNetworkPolicyRuleActions: ruleActions('ingress'),
    egressNetworkPolicyRuleActions: ruleActions('egress'),
  }),
  prettyPrint: flagOption({ description: 'names instead of numbers', default: true }),
});

export type FlowLoggerOptions = SectionValues<typeof flowLoggerOptions>;
