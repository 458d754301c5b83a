import type { Bench } from './measure.ts';

/* Runs the benchmark module of its argument alone in this process and sends its rows to the parent. */
const bench: Bench = await import(process.argv[2]!);
process.send!({ title: bench.title, rows: await bench.run() });
process.disconnect();
