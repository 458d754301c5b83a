import { describe, expect, it } from 'vitest';
import { inFallbackStream } from '../../../src/logs/push/fallback-stream.ts';
import { LineBatch } from '../../../src/logs/push/line-batch.ts';
import { lineBatch, streamsOf } from '../../support/line-batches.ts';

const kept = new Set(['service_name']);

describe('the stream for lines whose stream Loki refuses', () => {
  it('has the labels common to all streams, and the others as structured metadata of each line', () => {
    const long = 'n'.repeat(300);
    const { parts } = lineBatch({
      [`service_name=weir-flows,namespace=${long},verdict=Drop`]: ['one', 'two'],
    });
    const part = inFallbackStream(parts[0]!, kept)!;
    expect(part.count).toBe(2);
    const [stream] = streamsOf(new LineBatch([part], 0));
    expect(stream!.stream).toEqual({ service_name: 'weir-flows' });
    expect(stream!.values.map(([, line, metadata]) => [line, metadata])).toEqual([
      ['one', { namespace: long, verdict: 'Drop' }],
      ['two', { namespace: long, verdict: 'Drop' }],
    ]);
    expect(stream!.values.map(([time]) => time)).toEqual(
      streamsOf(new LineBatch(parts, 0))[0]!.values.map(([time]) => time),
    );
  });

  it('stays the same for its own lines', () => {
    const { parts } = lineBatch({ 'service_name=weir-flows': ['one'] });
    expect(inFallbackStream(parts[0]!, kept)).toBeUndefined();
  });
});
