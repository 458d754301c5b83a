import {
  conditionOfWords,
  type FilterWords,
  type FlowBatch,
  FlowFilter,
  recordToJson,
} from '../../src/flow/index.ts';

/** The records that `weir flows -o json` printed. */
export const printedFlows = (stdout: string): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Records of batches that pass, as `weir flows -o json` prints them. */
export const flowsPassing = (batches: readonly FlowBatch[], words: FilterWords = {}): object[] =>
  batches.flatMap((batch) => {
    const passes = new FlowFilter(conditionOfWords(words)).bind(batch);
    return [...batch].filter((_, row) => passes(row)).map(recordToJson);
  });

/** Records in a form that can be compared independent of their order. */
export const sortedTexts = (records: readonly object[]): string[] =>
  records.map((one) => JSON.stringify(one)).toSorted();
