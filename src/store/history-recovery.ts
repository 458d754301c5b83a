import { readdir } from 'node:fs/promises';
import { WeirError } from '../runtime/index.ts';
import { recoverSegments, type Segment } from '../sinks/index.ts';
import { listFaults } from './history-names.ts';
import type { HistoryOptions } from './history-options.ts';
import { leftOutReason } from './left-out.ts';
import { Manifest } from './manifest.ts';
import { checkFiles, stayingText } from './recovery.ts';
import { SCHEMA } from './stored-columns.ts';
import { checkSums } from './sums-recovery.ts';

/**
 * Finds what an earlier process has left in a directory, in whatever state. What is lost is counted.
 * @throws {WeirError} WEIR_HISTORY_LATER
 */
export async function recoverHistory(
  options: HistoryOptions,
): Promise<{ readonly manifest: Manifest; readonly segments: Segment[] }> {
  const { directory, onDamagedLines, onTrouble = () => {} } = options;
  const manifest = await Manifest.read(directory);
  expectLayout(directory, manifest);
  if (manifest.damagedLines > 0) {
    onDamagedLines?.(manifest.damagedLines);
    onTrouble('list', `${directory}: ${listFaults(manifest).join()}. It is made again of what is found`);
  }
  const found = await readdir(directory);
  const refused = new Set<number>();
  const { segments, recovered } = await recoverSegments(directory, (number, path, error) => {
    onTrouble('unreadable', stayingText(path, leftOutReason(error)));
    refused.add(number);
  });
  const { octets, records } = recovered.damaged;
  if (octets > 0)
    onTrouble(
      'damaged',
      `${octets} octets of the log in ${directory} are damaged: at least ${records} records lost`,
    );
  const left = await checkFiles(options, manifest, found, segments, refused);
  await checkSums(options, manifest, left);
  return { manifest, segments: left };
}

function expectLayout(directory: string, { files, sums, laterLines }: Manifest): void {
  const layouts = [...files.values(), ...sums.values()].map(({ schema }) => schema);
  const layout = layouts.reduce((most, schema) => Math.max(most, schema), 0);
  if (layout <= SCHEMA && laterLines === 0) return;
  const found = layout > SCHEMA ? `files of layout ${layout}` : `${laterLines} unknown lines in its list`;
  throw new WeirError(
    'WEIR_HISTORY_LATER',
    `the history ${directory} is of a later Weir: expected files of layout ${SCHEMA} at most, found ${found}`,
    { remedy: 'Run that Weir, or name another directory. Nothing in this one was changed.' },
  );
}
