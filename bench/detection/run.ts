import {
  corpusMinutes,
  corpusStartMs,
  drawCorpus,
  type Half,
  judgedFromMinute,
  seriesOf,
  timeOf,
} from './corpus/index.ts';
import { evaluateRules, reachOf } from './engine/evaluation.ts';
import type { RuleGroup } from './engine/rules.ts';
import { SampleStore } from './engine/sample-store.ts';
import { judgeFirings } from './score/judgement.ts';
import type { JudgedWorld } from './score/tally.ts';

/**
 * Draws one world, writes its metrics into its own Prometheus, evaluates the rules over it and judges the
 * firings.
 */
export async function judgeWorld(
  half: Half,
  index: number,
  groups: readonly RuleGroup[],
): Promise<JudgedWorld> {
  const corpus = { startMs: corpusStartMs, endMs: timeOf(corpusMinutes - 1) };
  const judged = { startMs: timeOf(judgedFromMinute), endMs: corpus.endMs };
  const { world, happenings } = drawCorpus(half, index);
  await using store = await SampleStore.start();
  for (const series of seriesOf(world, reachOf(groups, corpus, judged))) await store.write(series);
  const firings = await evaluateRules(store, groups, corpus, judged);
  const fresh = firings.filter(({ startMs }) => startMs >= judged.startMs);
  return { world, happenings, judgement: judgeFirings(world, happenings, fresh) };
}
