import { describe, expect, it } from 'vitest';
import { inFallbackStream } from '../../../src/logs/push/fallback-stream.ts';
import { LineBatch } from '../../../src/logs/push/line-batch.ts';
import { LINE_TIME_MS, lineBatch, streamsOf } from '../../support/line-batches.ts';

describe('a push as JSON', () => {
  it('has the same labels, nanosecond times, lines and structured metadata as the other encoding', () => {
    const batch = lineBatch({ 'app="q\\,zone=\n}é': ['first "line"', 'second\t😀'] });
    const [stream] = streamsOf(batch);
    expect(stream!.stream).toEqual({ app: '"q\\', zone: '\n}é' });
    expect(stream!.values).toEqual([
      [`${LINE_TIME_MS}000000`, 'first "line"', {}],
      [`${LINE_TIME_MS}000001`, 'second\t😀', {}],
    ]);
    const moved = inFallbackStream(batch.parts[0]!, new Set(['app']))!;
    expect(streamsOf(new LineBatch([moved], 0))[0]!.values[0]![2]).toEqual({ zone: '\n}é' });
  });
});
