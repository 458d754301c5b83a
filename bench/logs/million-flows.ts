import type { FlowBatch } from '../../src/flow/index.ts';
import { FlowCorpus } from '../../test/support/flow-corpus.ts';
import { type Question, questions } from './flow-questions.ts';

export const FLOWS = 1_000_000;
const DISTINCT = 60_000;

/** Four flow types and none, four verdicts and none … of the corpus; one more namespace for "other". */
export const MOST_STREAMS = 5 * 4 * 101;

/** The flows of some minutes before now, or the first of them, on which log servers are measured. */
export const millionFlows = (records = FLOWS): Generator<FlowBatch> =>
  new FlowCorpus({
    records,
    distinct: DISTINCT,
    startMs: Date.now() - 300_000,
    recordsPerSecond: 4_000,
  }).batches();

/** Flows on their way to a server; its answers can be compared with them afterwards. */
export class QuestionedFlows {
  readonly #sums = new Map<string, number>(Object.keys(questions).map((name) => [name, 0]));

  /** The same batches, added to the sums. */
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
   * Runs each query in turn, and repeats all.
   * @param ask returns the sum of the numbers in the server's answer
   * @returns how long each query took each time, in ms
   * @throws when a sum differs from that of the flows
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
