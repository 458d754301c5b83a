import { quantileOf } from '../../measure.ts';
import type { Happening, World } from '../corpus/index.ts';
import { wilsonInterval } from './interval.ts';
import type { Judgement } from './judgement.ts';

/** The result of one alert over all worlds of a half. */
export interface AlertScore {
  readonly alert: string;
  readonly precision: Share;
  readonly recall: Share;
  /** Minutes from the beginning of an incident to the alert. */
  readonly delay: { readonly median: number; readonly p90: number } | undefined;
  /** False alarms in a week of one workload, node, link … */
  readonly falseAlarmsPerWeek: number;
}

export interface Share {
  readonly right: number;
  readonly all: number;
  /** NaN for no cases. */
  readonly share: number;
  /** 95 %. */
  readonly interval: readonly [low: number, high: number];
}

export interface JudgedWorld {
  readonly world: World;
  readonly happenings: readonly Happening[];
  readonly judgement: Judgement;
}

/** One for each alert that fired or should have, by name. */
export function tallyAlerts(worlds: readonly JudgedWorld[]): AlertScore[] {
  const judgements = worlds.map(({ judgement }) => judgement);
  const right = judgements.flatMap(({ rightFirings }) => rightFirings);
  const wrong = judgements.flatMap(({ falseFirings }) => falseFirings);
  const expected = judgements.flatMap((judgement) => judgement.expected);
  const names = new Set(
    [...expected, ...right.map(({ firing }) => firing), ...wrong.map(({ firing }) => firing)].map(
      ({ alert }) => alert,
    ),
  );
  return [...names].sort().map((alert) => {
    const hits = right.filter(({ firing }) => firing.alert === alert).length;
    const alarms = wrong.filter(({ firing }) => firing.alert === alert).length;
    const wanted = expected.filter((one) => one.alert === alert);
    const delays = wanted.flatMap(({ afterMinutes }) => afterMinutes ?? []);
    const weeks = worlds.reduce((sum, { world }) => sum + objectsOf(alert, world), 0);
    return {
      alert,
      precision: shareOf(hits, hits + alarms),
      recall: shareOf(delays.length, wanted.length),
      delay:
        delays.length === 0 ? undefined : { median: quantileOf(delays, 0.5), p90: quantileOf(delays, 0.9) },
      falseAlarmsPerWeek: alarms / weeks,
    };
  });
}

export function shareOf(right: number, all: number): Share {
  return { right, all, share: right / all, interval: wilsonInterval(right, all) };
}

/** The number of objects in a world that an alert can be about; each has one judged week. */
function objectsOf(alert: string, { nodes, workloads, edges }: World): number {
  if (/^Weir(Cluster|CrossZone|Aggregator|NoRecords)/.test(alert)) return 1;
  if (/^WeirNodePath/.test(alert)) return nodes.length ** 2;
  if (/^WeirWorkloadPath/.test(alert)) return 2 * edges.length;
  if (/^WeirLink/.test(alert)) return 2 * nodes.length;
  if (/^Weir(Workload|Service|Denied|Unanswered|Reset)/.test(alert)) return workloads.length;
  return nodes.length;
}
