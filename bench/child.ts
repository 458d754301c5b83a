import type { Bench, BenchRow } from './measure.ts';
import { unmetNeeds } from './needs.ts';

/** The message of this process to its parent: the rows, or why there are none. */
export type Answer =
  | { readonly title: string; readonly rows: BenchRow[] }
  | { readonly unmet: readonly string[] };

/* Runs the benchmark module of its argument alone in this process and sends its rows to the parent. */
const bench: Bench = await import(process.argv[2]!);
const unmet = await unmetNeeds(bench.needs ?? []);
const answer: Answer = unmet.length > 0 ? { unmet } : { title: bench.title, rows: await bench.run() };
process.send!(answer);
process.disconnect();
