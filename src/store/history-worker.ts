import { serveSink } from '../sinks/index.ts';
import { HistorySink } from './history-sink.ts';
import type { HistoryBirth } from './history-worker-sink.ts';

/* The thread of a history, which appends to its log and makes files of it. */

await serveSink(({ name, settings }: HistoryBirth, parts) => new HistorySink(name, settings, parts));
