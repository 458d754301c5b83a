import { describe, expect, it } from 'vitest';
import { TrustedStreams } from '../../../src/logs/push/trusted-streams.ts';

const MINUTE = 60_000;

describe('a stream', () => {
  it('is trusted from its first stored lines until it is quiet for five minutes', () => {
    const streams = new TrustedStreams();
    expect(streams.isTrusted('{a="b"}', 0)).toBe(false);
    streams.stored('{a="b"}', 0);
    expect(streams.isTrusted('{a="b"}', 5 * MINUTE - 1)).toBe(true);
    expect(streams.isTrusted('{a="c"}', 0)).toBe(false);
    streams.stored('{a="c"}', 5 * MINUTE);
    expect(streams.isTrusted('{a="b"}', 5 * MINUTE)).toBe(false);
  });

  it('is untrusted for five minutes after a refusal, even if lines are stored', () => {
    const streams = new TrustedStreams();
    streams.stored('{a="b"}', 0);
    streams.refused('{a="b"}', 0);
    streams.stored('{a="b"}', 4 * MINUTE);
    expect(streams.isTrusted('{a="b"}', 4 * MINUTE)).toBe(false);
    streams.refused('{a="c"}', 5 * MINUTE);
    expect(streams.isTrusted('{a="b"}', 5 * MINUTE)).toBe(true);
  });

  it('is untrusted when another Loki may answer', () => {
    const streams = new TrustedStreams();
    streams.stored('{a="b"}', 0);
    streams.forget();
    expect(streams.isTrusted('{a="b"}', 0)).toBe(false);
  });
});
