import { quantileOf } from '../../measure.ts';
import { type Happening, happeningKinds } from '../corpus/index.ts';
import { boundMinutes, expectations, notJudged } from './expectations.ts';
import { type AlertScore, type JudgedWorld, type Share, shareOf, tallyAlerts } from './tally.ts';

/** The goal for each judged alert. */
export const goal = 0.95;

/**
 * Alerts that an incident of the corpus should have fired. For the others, only false alarms can be counted.
 */
export function isJudged({ recall }: AlertScore): boolean {
  return recall.all > 0;
}

export function missesGoal(score: AlertScore): boolean {
  return isJudged(score) && !(score.precision.share >= goal && score.recall.share >= goal);
}

/** The printed table, one line for each alert. */
export function scoreLines(scores: readonly AlertScore[]): string[] {
  return scores.map((score) => {
    const { alert, precision, recall, delay, falseAlarmsPerWeek } = score;
    const delays = delay ? `${delay.median.toFixed(0)} min, p90 ${delay.p90.toFixed(0)}` : '';
    return [
      alert.padEnd(34),
      `precision ${percentText(precision)} (${precision.right}/${precision.all})`.padEnd(28),
      `recall ${isJudged(score) ? `${percentText(recall)} (${recall.right}/${recall.all})` : '-'}`.padEnd(24),
      delays.padEnd(18),
      `${falseAlarmsPerWeek.toFixed(3)} false a week`,
      missesGoal(score) ? '  BELOW THE GOAL' : '',
    ].join(' ');
  });
}

export interface PageFacts {
  readonly worlds: readonly JudgedWorld[];
  /** Names of all alerts in the rule files. */
  readonly alerts: readonly string[];
  /** Of the rule files. */
  readonly digest: string;
}

/** docs/reference/detection.md */
export function detectionPage({ worlds, alerts, digest }: PageFacts): string {
  const scores = tallyAlerts(worlds);
  const judged = scores.filter(isJudged);
  const accepted = scores.filter((score) => !isJudged(score));
  const missed = judged.filter(missesGoal);
  const weeks = worlds.reduce((sum, { world }) => sum + world.workloads.length, 0);
  const silent = alerts.filter(
    (alert) => !scores.some((score) => score.alert === alert) && !notJudged.includes(alert),
  );
  return `<!-- Written by "npm run detection". Change bench/detection, not this. -->
# How often the alerts are right

\`npm run detection\` makes up clusters whose incidents are known, writes their metrics into a real Prometheus, evaluates the rule files of
\`alerts/\` over them with its own engine, and counts. This page has what came out for rule files with the digest \`${digest}\`.

${worlds.length} clusters with ${weeks} workloads, five weeks each, of which the last is judged. ${
    missed.length === 0
      ? `Each of the ${judged.length} judged alerts reaches the goal of ${goal} in precision and recall.`
      : `${judged.length - missed.length} of the ${judged.length} judged alerts reach the goal of ${goal} in precision and recall; below it: ${missed.map(({ alert }) => alert).join(', ')}.`
  }

| alert | precision | 95 % | recall | 95 % | median | p90 | false alarms |
|---|---|---|---|---|---|---|---|
${judged.map(scoreRow).join('\n')}

Precision: right firings of all firings. Recall: told incidents of all incidents that this alert should tell. Median and p90: minutes from the
beginning of the incident to the alert. False alarms: in a week of one thing that the alert can be about (workload, node, link …). Intervals are Wilson's.
A firing is right when it begins within an incident that the alert belongs to, or within its bound after it, and is about the right object.

Of these no incident was made up that they have to tell; they may follow from others, and would count as false elsewhere:

| alert | right | false | false alarms a week |
|---|---|---|---|
${accepted.map((score) => `| ${score.alert} | ${score.precision.right} | ${score.precision.all - score.precision.right} | ${score.falseAlarmsPerWeek.toFixed(3)} |`).join('\n')}

Without a firing, and without an incident for them: ${silent.join(', ')}. ${notJudged.join(', ')} compares with a number of the user's own and is not judged.

## By incident

| incident | alerts that have to tell | and may | times | told |
|---|---|---|---|---|
${incidentRows(worlds).join('\n')}

An alert may begin ${[...new Set(judged.map(({ alert }) => boundMinutes(alert)))].sort((a, b) => a - b).join(', ')} minutes after the end of an incident at the latest, by how far its windows reach back.
Quiet and pinned alerts are also right about others who had more than half of their traffic with what fell quiet or is pinned.

## What must not alert

| happening | times | false alarms then |
|---|---|---|
${harmlessRows(worlds).join('\n')}
| nothing of these | | ${countUnexplained(worlds)} |

A false alarm is put down to what happened to the same thing then or within three hours before. On a holiday a workday looks like a Sunday, and comes and goes
within three hours as a weekend does. Of every other holiday the rules know by \`weir:holiday:info\`, as from a user's calendar; what fires on either counts as false.
What does not work on a day off cannot fall silent or stop to answer then: no such incident is made up.

${longSection(worlds)}${fillSection(worlds)}## What is not told within hours

A workload that is silent most of the time, or works in bursts, is not missed within hours:

| incident | times | told |
|---|---|---|
${beyondRows(worlds).join('\n')}

## How it is measured

**Corpus** (\`bench/detection/corpus\`). Each cluster has four to six nodes in three zones, twenty workloads that serve, a gateway and the internet in front of them. Traffic
is steady, noisy, seasonal by day and week, weekend-quiet, growing, uneven (weeks that differ by a fifth to a half), a daily crest with a flat top,
sparse (a few events in half an hour) or bursty, with slow and fast noise; flows are Poisson, octets of a flow lognormal. Links follow a wave, or rise
each morning within hours to a plateau, in weeks that differ; they fill within 90 minutes to two days, or step up to a level that stays. From it come the real metrics with their labels: counters by workload, Service, node and zone, links, conntrack, \`up\`, the pipeline's own.
Counters begin anew with the aggregator, idle series expire after an hour, scrapes come each 60 s with jitter, and one in three thousand fails. Some clusters have
no kube-state-metrics, some no cluster label; every second has its clocks put forward in the judged week. Links and connection tables that nothing fills stay
below three quarters: at four fifths they are full by the alert's own meaning, whatever made them so.

**Tuned and judged apart.** Each range of a parameter (rates, sizes, noise, depth and length of incidents, hours) is cut into ten bands. Rules are tuned on worlds
drawn from the even bands and judged on worlds from the odd ones, with other seeds. Only the judged half is published: of its worlds the first ${worlds[0]!.world.index} have been
looked at since earlier rules were judged by them, and these are the next ${worlds.length}, which nobody had looked at. \`npm run detection -- --half tuning --explain\` shows
the other with each miss and false alarm.

**Engine.** Samples go by remote write, which knows milliseconds and the marker of a series that went away, into an empty Prometheus that neither scrapes nor evaluates. Recording rules are
evaluated by range queries at their group's interval and written back, one after the other as they depend on each other and as far back as they are read; alerts by range queries over the judged week,
with \`for\` and \`keep_firing_for\` applied as Prometheus does (a test has promtool confirm that, minute by minute). \`promtool test rules\` evaluates each rule at each minute one
by one: it took 39 s of CPU for one day of sixty series of one metric, more than 20 minutes for the five weeks; this way five weeks of a whole cluster, 24 million samples, take about
66 s. \`promtool tsdb create-blocks-from openmetrics\` cannot say that a series went away, on which absence depends.
`;
}

function scoreRow({ alert, precision, recall, delay, falseAlarmsPerWeek }: AlertScore): string {
  return `| ${[
    alert,
    `${ratioText(precision)} (${precision.right}/${precision.all})`,
    intervalText(precision),
    `${ratioText(recall)} (${recall.right}/${recall.all})`,
    intervalText(recall),
    delay?.median.toFixed(0) ?? '',
    delay?.p90.toFixed(0) ?? '',
    falseAlarmsPerWeek.toFixed(3),
  ].join(' | ')} |`;
}

function incidentRows(worlds: readonly JudgedWorld[]): string[] {
  const expected = worlds.flatMap(({ judgement }) => judgement.expected);
  const byKind = Map.groupBy(expected, ({ happening }) => happening.kind);
  return [...byKind].map(([kind, all]) => {
    const { expected: names = [], accepted = [] } = expectations[kind] ?? {};
    const told = shareOf(all.filter(({ afterMinutes }) => afterMinutes !== undefined).length, all.length);
    const times = new Set(all.map(({ happening }) => happening)).size;
    return `| ${kind} | ${names.join(', ')} | ${accepted.filter((name) => !names.includes(name)).join(', ')} | ${times} | ${ratioText(told)} |`;
  });
}

function harmlessRows(worlds: readonly JudgedWorld[]): string[] {
  const misled = worlds.flatMap(({ judgement }) =>
    judgement.falseFirings.map(({ happening }) => happening?.kind),
  );
  const happenings = worlds.flatMap(({ happenings }) => happenings);
  return Object.entries(happeningKinds)
    .filter(([, what]) => what === 'harmless')
    .map(([kind]) => {
      const times = happenings.filter((happening) => happening.kind === kind).length;
      return `| ${kind} | ${times} | ${misled.filter((other) => other === kind).length} |`;
    });
}

function countUnexplained(worlds: readonly JudgedWorld[]): number {
  const isHarmless = (happening: Happening | undefined) =>
    happening && happeningKinds[happening.kind] === 'harmless';
  return worlds
    .flatMap(({ judgement }) => judgement.falseFirings)
    .filter(({ happening }) => !isHarmless(happening)).length;
}

function beyondRows(worlds: readonly JudgedWorld[]): string[] {
  const all = worlds.flatMap(({ judgement }) => judgement.beyond);
  return [...Map.groupBy(all, ({ happening }) => happening.kind)].map(
    ([kind, some]) => `| ${kind} | ${some.length} | ${some.filter(({ told }) => told).length} |`,
  );
}

function longSection(worlds: readonly JudgedWorld[]): string {
  const all = worlds.flatMap(({ judgement }) => judgement.long);
  if (all.length === 0) return '';
  const rows = [...Map.groupBy(all, ({ happening }) => happening.kind)].map(([kind, some]) => {
    const shares = some.map(({ toldShare }) => toldShare);
    const alerts = some.map((one) => one.alerts);
    const mean = alerts.reduce((sum, count) => sum + count, 0) / some.length;
    return `| ${kind} | ${some.length} | ${quantileOf(shares, 0.5).toFixed(3)} | ${Math.min(...shares).toFixed(3)} | ${mean.toFixed(2)} | ${Math.max(...alerts)} |`;
  });
  return `## What lasts for days

An alert goes on until traffic is back, through nights and weekends on which nothing is usual. Counted are the alerts about the workload itself.

| incident | times | told of its time, median | least | alarms for one, mean | most |
|---|---|---|---|---|---|
${rows.join('\n')}

`;
}

function fillSection(worlds: readonly JudgedWorld[]): string {
  const all = worlds.flatMap(({ judgement }) => judgement.fills);
  if (all.length === 0) return '';
  const rows = [...Map.groupBy(all, ({ happening }) => happening.kind)].map(([kind, some]) => {
    const before = some.flatMap(({ minutesBefore }) => minutesBefore ?? []);
    const [middle, late] =
      before.length === 0 ? ['–', '–'] : [0.5, 0.1].map((share) => quantileOf(before, share).toFixed(0));
    return `| ${kind} | ${some.length} | ${before.length} | ${middle} | ${late} |`;
  });
  return `## What is foretold before it is full

A trend has to last for a while before it differs from noise, so what fills within two hours is foretold shortly before, or not. Above, an alert also counts as right
that begins when it is full already; here it does not.

| incident | times | foretold | minutes before, median | p10 |
|---|---|---|---|---|
${rows.join('\n')}

`;
}

const ratioText = ({ share, all }: Share): string => (all === 0 ? '–' : share.toFixed(3).replace(/0$/, ''));
const percentText = ({ share, all }: Share): string => (all === 0 ? '-' : `${(share * 100).toFixed(1)} %`);
const intervalText = ({ interval: [low, high], all }: Share): string =>
  all === 0 ? '–' : `${low.toFixed(2)} to ${high.toFixed(2)}`;
