import type { FlowBatch } from '../../src/flow/index.ts';
import { FlowCorpus } from '../../test/support/flow-corpus.ts';
import { type Question, questions } from './flow-questions.ts';

export const FLOWS = 1_000_000;
const DISTINCT = 60_000;

/** Four types of flow and none, four verdicts and none … of the corpus; a namespace more for "other". */
export const MOST_STREAMS = 5 * 4 * 101;

/**
 * The flows of some minutes before now by which servers for logs are measured, or the first so many of them.
 */
export const millionFlows = (records = FLOWS): Generator<FlowBatch> =>
  new FlowCorpus({
    records,
    distinct: DISTINCT,
    startMs: Date.now() - 300_000,
    recordsPerSecond: 4_000,
  }).batches();

/** Flows on their way to a server, with which its answers can be compared afterwards. */
export class QuestionedFlows {
  readonly #sums = new Map<string, number>(Object.keys(questions).map((name) => [name, 0]));

  /** The same batches, summed up. */
  *watch(batches: Iterable<FlowBatch>): Generator<FlowBatch> {
    for (const batch of batches) {
      for (const [name, { adds }] of Object.entries(questions)) {
        let sum = this.#sums.get(name)!;
        for (let row = 0; row < batch.length; row++) sum += adds(batch, row);
        this.#sums.set(name, sum);
      }
      yield batch;
    }
  }

  /**
   * Asks each question in turn, and all of them again so many times.
   * @param ask answers the sum of the numbers that the server answers
   * @returns how long each question took each time, in ms
   * @throws when a sum is not that of the flows
   */
  async ask(ask: (question: Question) => Promise<number>, rounds: number): Promise<Map<string, number[]>> {
    const times = new Map<string, number[]>(Object.keys(questions).map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, question] of Object.entries(questions)) {
        const begun = performance.now();
        const sum = await ask(question);
        times.get(name)!.push(performance.now() - begun);
        if (sum !== this.#sums.get(name))
          throw new Error(`${name}: ${sum} was answered, ${this.#sums.get(name)} is right`);
      }
    }
    return times;
  }
}
