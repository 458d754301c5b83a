import type { Stretch } from './timeline.ts';
import type { Node, Workload } from './world.ts';

/**
 * What happens at one time to one thing. `incident` is what some alert should tell, `harmless` what none
 * should, and `beyond` an incident of which no rule can know; score/expectations.ts says which alerts belong
 * to which.
 */
export type HappeningKind = keyof typeof happeningKinds;

export const happeningKinds = {
  'workload falls to zero': 'incident',
  'workload drops to 10 %': 'incident',
  'workload drops to 10 % for half an hour': 'incident',
  'workload drops to 30 %': 'incident',
  'workload is away for days': 'incident',
  'workload drops to 10 % for days': 'incident',
  'workload goes missing': 'incident',
  'sparse workload falls to zero': 'beyond',
  'bursty workload falls to zero': 'beyond',
  'workload pinned at a ceiling': 'incident',
  'denied flows surge': 'incident',
  'denied flows from outside surge': 'incident',
  'unanswered flows surge': 'incident',
  'reset flows surge': 'incident',
  'packets are lost one way': 'incident',
  'node loses packets': 'incident',
  'bytes across zones surge': 'incident',
  'node goes quiet': 'incident',
  'cluster goes quiet': 'incident',
  'exporter goes silent': 'incident',
  'agent does not answer': 'incident',
  'agent is gone': 'incident',
  'aggregator does not answer': 'incident',
  'aggregator is gone': 'incident',
  'records are lost': 'incident',
  'link grows full': 'incident',
  'link grows full within hours': 'incident',
  'link is filled at once': 'incident',
  'conntrack table grows full': 'incident',
  'conntrack table is filled at once': 'incident',
  'aggregator restarts': 'harmless',
  'workload spikes': 'harmless',
  'workload is rolled out': 'harmless',
  'workload is scaled to zero': 'harmless',
  'workload begins': 'harmless',
  'workload had an incident a week ago': 'harmless',
  'a few flows are denied': 'harmless',
  'a few packets are lost': 'harmless',
  'link steps up': 'harmless',
  'link spikes': 'harmless',
  'conntrack table spikes': 'harmless',
  'a scrape of an agent fails': 'harmless',
  holiday: 'harmless',
  'holiday of the calendar': 'harmless',
} as const satisfies Record<string, 'incident' | 'harmless' | 'beyond'>;

/**
 * Those that last through nights and weekends: how much of their time was told, and in how many alerts, is
 * counted as well.
 */
export const longKinds: readonly HappeningKind[] = [
  'workload is away for days',
  'workload drops to 10 % for days',
];

/** Those that may be foretold; what grows is full for its last minutes, so many. */
export const fillKinds: readonly HappeningKind[] = [
  'link grows full',
  'link grows full within hours',
  'conntrack table grows full',
];
export const fullMinutes = 60;

export interface Happening {
  readonly kind: HappeningKind;
  readonly during: Stretch;
  /** What it happens to, e.g. `workload shop/cart`, `node node-2`; empty for the whole cluster. */
  readonly subjects: readonly string[];
  /**
   * What else it changes, by its meaning; what falls quiet with something else is told from the traffic
   * itself.
   */
  readonly consequences: readonly string[];
}

export function workloadSubjects({ namespace, name }: Workload): string[] {
  return [`workload ${namespace}/${name}`, `service ${namespace}/${name}`];
}

export function nodeSubject({ name }: Node): string {
  return `node ${name}`;
}
