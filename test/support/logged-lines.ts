import type { FlowBatch } from '../../src/flow/index.ts';
import { FlowLines, type FlowLinesOptions } from '../../src/logs/flow-lines/flow-lines.ts';
import type { LoggedLine } from '../../src/logs/flow-lines/line-reader.ts';
import { LineBatch } from '../../src/logs/push/line-batch.ts';
import { toJson } from '../../src/logs/push/push-json.ts';

/**
 * The lines of a batch, row by row, as Loki would return them. The writer and the JSON form of a push make
 * them, without a Loki.
 */
export function loggedLines(
  batch: FlowBatch,
  nowMs: number,
  options: FlowLinesOptions = {},
  weight = 1,
): LoggedLine[] {
  const lines = new FlowLines(options);
  lines.bind(batch);
  return Array.from({ length: batch.length }, (_, row) => {
    const stream = lines.find(row);
    lines.write(stream, row, nowMs, weight);
    const [pushed] = JSON.parse(toJson(LineBatch.take([stream], nowMs))).streams;
    const [timeNs, line, metadata] = pushed.values[0];
    return { labels: { ...pushed.stream, ...metadata }, timeNs: BigInt(timeNs), line };
  });
}
