import { describe, expect, it } from 'vitest';
import { drawCorpus, type Happening, timeOf } from '../../../bench/detection/corpus/index.ts';
import type { Firing } from '../../../bench/detection/engine/alert-state.ts';
import { wilsonInterval } from '../../../bench/detection/score/interval.ts';
import { judgeFirings } from '../../../bench/detection/score/judgement.ts';
import { tallyAlerts } from '../../../bench/detection/score/tally.ts';

const { world } = drawCorpus('tuning', 0);
const surge: Happening = {
  kind: 'denied flows surge',
  during: { from: 41_000, to: 41_060 },
  subjects: ['workload shop/cart', 'service shop/cart'],
  consequences: [],
};

function firing(workload: string, minute: number, severity = 'warning'): Firing {
  const labels = { namespace: 'shop', workload, kind: 'Pod', severity };
  return { alert: 'WeirDeniedSurge', labels, startMs: timeOf(minute), endMs: timeOf(minute + 10) };
}

describe('the judgement of alerts', () => {
  it('counts a firing as right within the incident and about the right object', () => {
    const judgement = judgeFirings(world, [surge], [firing('cart', 41_007)]);
    expect(judgement.rightFirings).toHaveLength(1);
    expect(judgement.expected).toEqual([{ alert: 'WeirDeniedSurge', happening: surge, afterMinutes: 7 }]);
  });

  it('counts early, late or unrelated firings as false, and the incident as missed', () => {
    const others = [firing('cart', 40_990), firing('cart', 41_075), firing('query', 41_007)];
    const { rightFirings, falseFirings, expected } = judgeFirings(world, [surge], others);
    expect(rightFirings).toEqual([]);
    expect(falseFirings).toHaveLength(3);
    expect(expected[0]!.afterMinutes).toBeUndefined();
  });

  it('counts two simultaneous severities of one alert once', () => {
    const both = [firing('cart', 41_007), firing('cart', 41_009, 'critical')];
    const judgement = judgeFirings(world, [surge], both);
    expect(judgement.rightFirings).toHaveLength(1);
    const [score] = tallyAlerts([{ world, happenings: [surge], judgement }]);
    expect(score).toMatchObject({ precision: { right: 1, all: 1 }, recall: { right: 1, all: 1 } });
    expect(score!.delay).toEqual({ median: 7, p90: 7 });
  });

  it('counts an exhaustion as predicted only if the alert began before it', () => {
    const [node] = world.nodes;
    const fill: Happening = {
      kind: 'link grows full within hours',
      during: { from: 41_000, to: 41_200 },
      subjects: [`node ${node!.name}`],
      consequences: [],
    };
    const foretoldAt = (minute: number, name = node!.name) => {
      const labels = { node: name, link: 'eth0', direction: 'receive' };
      const at = { startMs: timeOf(minute), endMs: timeOf(minute + 30) };
      const { fills } = judgeFirings(
        world,
        [fill],
        [{ alert: 'WeirLinkSaturationPredicted', labels, ...at }],
      );
      return fills;
    };
    // full from 41,140 on
    expect(foretoldAt(41_110)).toEqual([{ happening: fill, minutesBefore: 30 }]);
    expect(foretoldAt(41_140)).toEqual([{ happening: fill, minutesBefore: undefined }]);
    expect(foretoldAt(41_110, world.nodes[1]!.name)).toEqual([{ happening: fill, minutesBefore: undefined }]);
  });

  it('states the confidence of a share', () => {
    const rounded = (right: number, all: number) =>
      wilsonInterval(right, all).map((value) => value.toFixed(3));
    expect(rounded(10, 10)).toEqual(['0.722', '1.000']);
    expect(rounded(95, 100)).toEqual(['0.888', '0.978']);
  });
});
