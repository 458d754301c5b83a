/**
 * Makes the files of a history: of records, their sums, and coarser sums. Each is complete and has a
 * temporary name. Who wants a file gives it its name and lists it. Knows nothing of the list of files.
 */
export { FileMaker } from './file-maker.ts';
export { temporarySums } from './made-sums.ts';
export type { MadeFile, Maker, SumSource, WantedSums, WholeSegment } from './maker.ts';
export { MakerThread } from './maker-thread.ts';
