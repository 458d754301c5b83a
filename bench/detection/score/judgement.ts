import {
  fillKinds,
  fullMinutes,
  type Happening,
  happeningKinds,
  longKinds,
  lostShare,
  minuteMs,
  minuteOf,
  passedShare,
  timeOf,
  type World,
  workloadSubjects,
} from '../corpus/index.ts';
import type { Firing } from '../engine/alert-state.ts';
import { boundMinutes, expectations, notJudged, quietAlerts, quietKinds, standIns } from './expectations.ts';

/** The result of the alerts in one world. */
export interface Judgement {
  readonly rightFirings: readonly JudgedFiring[];
  readonly falseFirings: readonly JudgedFiring[];
  /** One for each alert that an incident should have fired. */
  readonly expected: readonly Expected[];
  /** For undetectable events: which fired an alert all the same. */
  readonly beyond: readonly { happening: Happening; told: boolean }[];
  /**
   * For events of days: the share of their time in which a quiet alert of the workload fired, and how many
   * began.
   */
  readonly long: readonly { happening: Happening; toldShare: number; alerts: number }[];
  /** For growth until full: minutes of warning; undefined without a prediction. */
  readonly fills: readonly { happening: Happening; minutesBefore: number | undefined }[];
}

export interface JudgedFiring {
  readonly firing: Firing;
  /** The event that it was right about; for a false one, the event that may have misled it. */
  readonly happening: Happening | undefined;
}

export interface Expected {
  readonly alert: string;
  readonly happening: Happening;
  /** Minutes from its start to the alert; undefined when it was missed. */
  readonly afterMinutes: number | undefined;
}

export function judgeFirings(
  world: World,
  happenings: readonly Happening[],
  all: readonly Firing[],
): Judgement {
  const firings = mergeFirings(all.filter(({ alert }) => !notJudged.includes(alert)));
  const judged = firings.map((firing) => ({ firing, happening: reasonOf(world, happenings, firing) }));
  const right = judged.filter(({ happening }) => happening !== undefined);
  const toldOf = (happening: Happening, alerts?: readonly string[]) =>
    firings.find(
      (firing) =>
        (alerts === undefined || alerts.includes(firing.alert)) &&
        isExplanation(happening, firing) &&
        hasCommonSubject(happening.subjects, subjectsOf(world, firing)),
    );
  const foretold = firings.filter(({ alert }) => alert.endsWith('SaturationPredicted'));
  const minutesBefore = (happening: Happening) => {
    const full = timeOf(happening.during.to - fullMinutes);
    const first = foretold.find(
      (firing) =>
        firing.startMs < full &&
        isExplanation(happening, firing) &&
        hasCommonSubject(happening.subjects, subjectsOf(world, firing)),
    );
    return first && (full - first.startMs) / minuteMs;
  };
  const incidents = happenings.filter(({ kind }) => happeningKinds[kind] === 'incident');
  return {
    rightFirings: right,
    falseFirings: judged
      .filter(({ happening }) => happening === undefined)
      .map(({ firing }) => ({ firing, happening: misleadingCause(world, happenings, firing) })),
    expected: incidents.flatMap((happening) =>
      expectations[happening.kind]!.expected.map((alert) => {
        const firing = toldOf(happening, [alert, ...standIns(alert, happening, world)]);
        const afterMinutes = firing && (firing.startMs - timeOf(happening.during.from)) / minuteMs;
        return { alert, happening, afterMinutes };
      }),
    ),
    beyond: happenings
      .filter(({ kind }) => happeningKinds[kind] === 'beyond')
      .map((happening) => ({ happening, told: toldOf(happening) !== undefined })),
    long: happenings
      .filter(({ kind }) => longKinds.includes(kind))
      .map((happening) => ({ happening, ...toldThroughout(world, happening, firings) })),
    fills: happenings
      .filter(({ kind }) => fillKinds.includes(kind))
      .map((happening) => ({ happening, minutesBefore: minutesBefore(happening) })),
  };
}

function toldThroughout(
  world: World,
  { during, subjects }: Happening,
  firings: readonly Firing[],
): { toldShare: number; alerts: number } {
  const own = firings.filter(
    (firing) =>
      /^WeirWorkload(Quiet|Silent|Absent)$/.test(firing.alert) &&
      firing.startMs >= timeOf(during.from) &&
      firing.startMs < timeOf(during.to) &&
      hasCommonSubject(subjects, subjectsOf(world, firing)),
  );
  let told = 0;
  for (let minute = during.from; minute < during.to; minute++) {
    if (own.some(({ startMs, endMs }) => startMs <= timeOf(minute) && timeOf(minute) < endMs)) told++;
  }
  return { toldShare: told / (during.to - during.from), alerts: own.length };
}

/** Severities of one alert about one object are one alert: overlapping ones are one firing. */
function mergeFirings(firings: readonly Firing[]): Firing[] {
  const byObject = Map.groupBy(firings, ({ alert, labels: { severity: _, ...object } }) =>
    JSON.stringify([alert, Object.entries(object).sort()]),
  );
  return [...byObject.values()].flatMap((same) => {
    const all: Firing[] = [];
    for (const firing of same.sort((a, b) => a.startMs - b.startMs)) {
      const last = all.at(-1);
      if (last && firing.startMs <= last.endMs) {
        all[all.length - 1] = { ...last, endMs: Math.max(last.endMs, firing.endMs) };
      } else {
        all.push(firing);
      }
    }
    return all;
  });
}

function reasonOf(world: World, happenings: readonly Happening[], firing: Firing): Happening | undefined {
  const subjects = subjectsOf(world, firing);
  return (
    happenings.find(
      (happening) =>
        isExplanation(happening, firing) &&
        hasCommonSubject([...happening.subjects, ...happening.consequences], subjects),
    ) ??
    shortfallOf(world, happenings, firing, subjects) ??
    heldBack(world, happenings, firing, subjects)
  );
}

/** An object that lost this share of its traffic may rightly be reported as quiet. */
const noticeableShare = 0.55;

/**
 * A caller or carrier of quiet traffic is quiet too, when that was most of its own. Such an alert is right,
 * and the traffic shows it. Returns one of the causes.
 */
function shortfallOf(
  world: World,
  happenings: readonly Happening[],
  firing: Firing,
  subjects: readonly string[],
): Happening | undefined {
  if (!quietAlerts.includes(firing.alert)) return undefined;
  const causes = happenings.filter(
    ({ kind, during }) => quietKinds.includes(kind) && isDuring(during, firing),
  );
  const isQuieted = (edge: World['edges'][number]) =>
    causes.some(
      (cause) =>
        cause.kind.startsWith('node') || hasCommonSubject(cause.subjects, workloadSubjects(edge.destination)),
    );
  const about = subjects.length > 0 ? subjects : [undefined];
  const minute = minuteOf(firing.startMs);
  const lost = about.flatMap((subject) =>
    [5, 30].map((minutes) => lostShare(world, subject, { from: minute - minutes, to: minute }, isQuieted)),
  );
  return Math.max(...lost) >= noticeableShare ? causes[0] : undefined;
}

/** An object with most of its traffic at a pinned one hardly varies either. */
function heldBack(
  world: World,
  happenings: readonly Happening[],
  firing: Firing,
  subjects: readonly string[],
): Happening | undefined {
  if (!firing.alert.endsWith('Pinned')) return undefined;
  return happenings.find(
    (cause) =>
      cause.kind === 'workload pinned at a ceiling' &&
      isDuring(cause.during, firing) &&
      subjects.some((subject) => {
        const isPinned = (edge: World['edges'][number]) =>
          hasCommonSubject(cause.subjects, workloadSubjects(edge.destination));
        const minute = Math.min(minuteOf(firing.startMs), cause.during.to - 1);
        return passedShare(world, subject, minute, isPinned) >= noticeableShare;
      }),
  );
}

/** Whether the alert belongs to the event and began within it, or within its own bound after. */
function isExplanation({ kind, during }: Happening, { alert, startMs }: Firing): boolean {
  const { expected = [], accepted = [] } = expectations[kind] ?? {};
  if (!expected.includes(alert) && !accepted.includes(alert)) return false;
  return isDuring(during, { alert, startMs });
}

function isDuring(
  { from, to }: Happening['during'],
  { alert, startMs }: Pick<Firing, 'alert' | 'startMs'>,
): boolean {
  return startMs >= timeOf(from) && startMs < timeOf(to + boundMinutes(alert));
}

/** What happened to the same object when a false alarm began, or shortly before. */
function misleadingCause(
  world: World,
  happenings: readonly Happening[],
  firing: Firing,
): Happening | undefined {
  const subjects = subjectsOf(world, firing);
  const near = happenings.filter(
    ({ during }) => firing.startMs >= timeOf(during.from) && firing.startMs < timeOf(during.to + 180),
  );
  return near.find((happening) =>
    hasCommonSubject([...happening.subjects, ...happening.consequences], subjects),
  );
}

/** Events of the whole cluster affect everything. */
function hasCommonSubject(some: readonly string[], others: readonly string[]): boolean {
  return some.length === 0 || others.length === 0 || some.some((subject) => others.includes(subject));
}

/** The object of an alert, in the words of `Happening.subjects`. */
function subjectsOf({ nodes }: World, { labels }: Firing): string[] {
  const node = nodes.find(
    ({ address, agent }) => address === labels.exporter || agent.instance === labels.instance,
  );
  const { namespace = '', source_namespace = '', destination_namespace = '' } = labels;
  return [
    ...(labels.workload ? [`workload ${namespace}/${labels.workload}`] : []),
    ...(labels.service ? [`service ${namespace}/${labels.service}`] : []),
    ...(labels.source_workload ? [`workload ${source_namespace}/${labels.source_workload}`] : []),
    ...(labels.destination_workload
      ? [`workload ${destination_namespace}/${labels.destination_workload}`]
      : []),
    ...[labels.node, labels.source_node, labels.destination_node, node?.name]
      .filter((name) => name !== undefined)
      .map((name) => `node ${name}`),
  ];
}
