import { linkSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parquetName } from '../../src/store/file-names.ts';
import { Manifest } from '../../src/store/manifest.ts';
import { FlowCorpus } from './flow-corpus.ts';
import type { HistoryPlace } from './kept-history.ts';

/* The processes that answer questions of this one, and a history that keeps them at work. */

const RECORDS_OF_A_FILE = 40_960;

/** Makes a history out of a file that it has many times: by default one that takes seconds to read. */
export async function growHistory(place: HistoryPlace, files = 61): Promise<{ records: number }> {
  await using history = await place.open({ maxOctets: 1e12 });
  const corpus = new FlowCorpus({ records: RECORDS_OF_A_FILE, startMs: Date.now(), distinct: 4_096 });
  for (const batch of corpus.batches()) await history.append(batch);
  await history.flush();
  await history.close();
  const manifest = await Manifest.read(place.directory);
  const [file] = manifest.files.values();
  for (let number = 1_000; number < 999 + files; number++) {
    linkSync(place.recordFiles()[0]!, join(place.directory, parquetName(number)));
    await manifest.add({ ...file!, number });
  }
  await using again = await place.open({ maxOctets: 1e12 });
  await again.close();
  return { records: files * RECORDS_OF_A_FILE };
}

/** The ids of the processes that answer. */
export const answering = (): number[] =>
  readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );

/** Whether a process that answers has a file of the history open: it reads. */
export const isRead = ({ directory }: HistoryPlace): boolean =>
  answering().some((pid) => hasOpen(pid, directory));

/** Whether this process reads it. */
export const isReadHere = ({ directory }: HistoryPlace): boolean => hasOpen(process.pid, directory);

const hasOpen = (pid: number, directory: string): boolean =>
  openFilesOf(pid).some((path) => path.startsWith(`${directory}/`));

function openFilesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // it has ended by now
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return ''; // it is closed by now
  }
}
