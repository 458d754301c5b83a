import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Half } from '../bench/detection/corpus/index.ts';
import { readRuleGroups } from '../bench/detection/engine/rules.ts';
import { judgeWorld } from '../bench/detection/run.ts';
import { explanationLines } from '../bench/detection/score/explanation.ts';
import { detectionPage, missesGoal, scoreLines } from '../bench/detection/score/page.ts';
import { type JudgedWorld, tallyAlerts } from '../bench/detection/score/tally.ts';
import { buildServers, isBuilt } from '../test/support/built-servers.ts';

/*
 * npm run detection [-- --half tuning|judged] [--worlds N] [--parallel N] [--explain]
 *
 * Measures how often the alerts of alerts/ are right. It generates clusters with known incidents, evaluates
 * the rules over their metrics in a real Prometheus, and prints precision, recall and time to detect. For the
 * judged half it writes docs/reference/detection.md. --explain lists each miss and false alarm. Exit status 3
 * means that an alert is below the goal.
 */

const publishedWorlds = 6;
/**
 * Earlier worlds of the judged half have been inspected. Changed rules must be judged on unknown worlds:
 * raise this with each change.
 */
const firstJudged = 66;

const { values: flags } = parseArgs({
  options: {
    half: { type: 'string', default: 'judged' },
    worlds: { type: 'string', default: String(publishedWorlds) },
    parallel: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    explain: { type: 'boolean', default: false },
  },
});
const count = Number(flags.worlds);
if (!['tuning', 'judged'].includes(flags.half) || !(count >= 1) || !(Number(flags.parallel) >= 1)) {
  console.error('Expected --half tuning or judged, --worlds and --parallel a number from 1.');
  process.exit(2);
}
const half = flags.half as Half;

if (!isBuilt('prometheus')) {
  const failure = (await buildServers(console.error)).get('prometheus');
  if (failure) {
    console.error(`There is no Prometheus to evaluate the rules: it ${failure}`);
    process.exit(1);
  }
}

const root = join(import.meta.dirname, '..');
const groups = readRuleGroups(join(root, 'alerts'));
const digest = createHash('sha256').update(JSON.stringify(groups)).digest('hex').slice(0, 12);
const alerts = groups.flatMap(({ rules }) =>
  rules.filter(({ kind }) => kind === 'alert').map(({ name }) => name),
);

const worlds = await judgeAll();
const scores = tallyAlerts(worlds);
for (const line of scoreLines(scores)) console.log(line);
if (flags.explain) for (const line of explanationLines(worlds)) console.log(line);
if (half === 'judged' && count === publishedWorlds) {
  const page = detectionPage({ worlds, alerts: [...new Set(alerts)].sort(), digest });
  writeFileSync(join(root, 'docs/reference/detection.md'), page);
}
process.exitCode = scores.some(missesGoal) ? 3 : 0;

/** Judges some worlds at a time, each with its own Prometheus. */
async function judgeAll(): Promise<JudgedWorld[]> {
  const judged: JudgedWorld[] = [];
  const first = half === 'judged' ? firstJudged : 0;
  let next = 0;
  const judgeNext = async () => {
    while (next < count) {
      const index = next++;
      const started = performance.now();
      judged[index] = await judgeWorld(half, first + index, groups);
      console.error(`world ${index + 1} of ${count}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
    }
  };
  await Promise.all(Array.from({ length: Number(flags.parallel) }, judgeNext));
  return judged;
}
