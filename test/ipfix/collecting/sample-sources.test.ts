import { describe, expect, it } from 'vitest';
import { SampleSources } from '../../../src/ipfix/collecting/sample-sources.ts';

/** Sources with the octets that they have taken in all. */
function sourcesWithOctets() {
  const taken = { octets: 0 };
  const sources = new SampleSources((octets) => {
    taken.octets += octets;
  });
  return { sources, taken };
}

const sample = (sequenceNumber: number, { drops = 0, sourceKind = 0, sourceIndex = 1 } = {}) => ({
  sequenceNumber,
  drops,
  sourceKind,
  sourceIndex,
});

describe('the sources of a sub-agent', () => {
  it('are followed apart, by kind and index', () => {
    const { sources } = sourcesWithOctets();
    for (const [n, source] of [
      [1, {}],
      [501, { sourceKind: 1 }],
      [901, { sourceIndex: 2 }],
      [2, {}],
      [504, { sourceKind: 1 }],
      [902, { sourceIndex: 2 }],
    ] as const) {
      sources.follow(sample(n, source), 10);
    }
    expect(sources.lost).toBe(2);
  });

  it('fill a gap with samples that arrive late, whose drops are older', () => {
    const { sources } = sourcesWithOctets();
    for (const [n, drops] of [
      [1, 4],
      [3, 9],
      [2, 6],
      [4, 9],
    ] as const) {
      sources.follow(sample(n, { drops }), 10);
    }
    expect([sources.lost, sources.drops]).toEqual([0, 5]);
  });

  it('may number their samples anew, later, without a loss', () => {
    const { sources } = sourcesWithOctets();
    sources.follow(sample(5_000, { drops: 40 }), 10);
    sources.follow(sample(1, { drops: 2 }), 11);
    sources.follow(sample(2, { drops: 2 }), 12);
    expect([sources.lost, sources.drops]).toEqual([0, 2]);
  });

  it('are bounded in number and count their memory, until a restart', () => {
    const { sources, taken } = sourcesWithOctets();
    for (let sourceIndex = 0; sourceIndex < 1_030; sourceIndex++) {
      sources.follow(sample(1, { sourceIndex }), 10);
    }
    expect(sources.unfollowed).toBe(6);
    expect(taken.octets).toBe(1_024 * 1_024);
    expect(sources.octets).toBe(taken.octets);
    sources.restart();
    expect([sources.octets, taken.octets]).toEqual([0, 0]);
    sources.follow(sample(700, { sourceIndex: 2_000 }), 1);
    expect([sources.lost, sources.unfollowed]).toEqual([0, 6]);
  });
});
