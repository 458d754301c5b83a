import type { Stretch } from './timeline.ts';
import type { Node, Workload } from './world.ts';

/**
 * An event at one time for one object. An `incident` should fire some alert, a `harmless` event none, and no
 * rule can detect one `beyond`. score/expectations.ts maps alerts to events.
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
 * Events that last through nights and weekends. Also counted: the share of their time with an alert, and the
 * number of alerts.
 */
export const longKinds: readonly HappeningKind[] = [
  'workload is away for days',
  'workload drops to 10 % for days',
];

/** Events that can be predicted; what grows is full for this many last minutes. */
export const fillKinds: readonly HappeningKind[] = [
  'link grows full',
  'link grows full within hours',
  'conntrack table grows full',
];
export const fullMinutes = 60;

export interface Happening {
  readonly kind: HappeningKind;
  readonly during: Stretch;
  /** The affected objects, e.g. `workload shop/cart`, `node node-2`; empty for the whole cluster. */
  readonly subjects: readonly string[];
  /** Other effects by the event's meaning; effects on traffic are computed from the traffic. */
  readonly consequences: readonly string[];
}

export function workloadSubjects({ namespace, name }: Workload): string[] {
  return [`workload ${namespace}/${name}`, `service ${namespace}/${name}`];
}

export function nodeSubject({ name }: Node): string {
  return `node ${name}`;
}
