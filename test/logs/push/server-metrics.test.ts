import { describe, expect, it } from 'vitest';
import { droppedSince, readServerMetrics } from '../../../src/logs/push/server-metrics.ts';

const page = (started: number, small: number, big: number) => `# TYPE x counter
process_start_time_seconds ${started}
vl_rows_dropped_total{reason="too_big_timestamp"} ${big}
vl_rows_dropped_total{reason="too_small_timestamp"} ${small}
vl_rows_ingested_total{type="loki_protobuf"} 5
`;

describe('the metrics of a VictoriaLogs', () => {
  it('contain its start time and its dropped lines', () => {
    const { startedMs, droppedRows } = readServerMetrics(page(1_795_856_000, 3, 0))!;
    expect(startedMs).toBe(1_795_856_000_000);
    expect(Object.fromEntries(droppedRows)).toEqual({ too_big_timestamp: 0, too_small_timestamp: 3 });
  });

  it.each([
    '',
    'process_start_time_seconds 5\nvmauth_requests 7\n',
    'vl_rows 5\n',
    '<html>',
    'process_start_time_seconds x\nvl_a 1\n',
  ])('are distinguished from those of another program: %j', (text) =>
    expect(readServerMetrics(text)).toBeUndefined(),
  );

  it('give the lines dropped between two readings, from zero after a restart', () => {
    const [first, second, again] = [page(5, 3, 1), page(5, 10, 1), page(9, 2, 0)].map(
      (text) => readServerMetrics(text)!,
    );
    expect(droppedSince(second!, first!)).toEqual([['too_small_timestamp', 7]]);
    expect(droppedSince(again!, second!)).toEqual([['too_small_timestamp', 2]]);
    expect(droppedSince(second!, second!)).toEqual([]);
  });
});
