import { writeFileSync } from 'node:fs';
import { afterAll, type RunnerTask } from 'vitest';
import type { Loki } from './loki.ts';
import { shippedLogql } from './shipped-logql.ts';
import { proofsFile, readProofs, renewed, textOf } from './shipped-logql-proofs.ts';

/**
 * For a suite that tries shipped LogQL on a real Loki. When all its tests have passed, test/loki-proofs.json
 * notes what they proved. A suite of which a test failed or was left out proves nothing. Call it below the
 * hook that stops the Loki, so that it runs before that.
 *
 * @param loki the Loki that answered
 * @param starts the beginnings of names of `shippedLogql()`
 */
export function provesLogql(
  loki: () => Pick<Loki, 'url'>,
  starts: readonly string[],
  file = proofsFile,
): void {
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures to make
  afterAll(async ({}, suite) => {
    if (suite.tasks.every(hasPassed)) renewProofs(starts, await versionOf(loki().url), file);
  });
}

export function hasPassed(task: RunnerTask): boolean {
  return task.type === 'suite' ? task.tasks.every(hasPassed) : task.result?.state === 'pass';
}

/**
 * Notes in the file that a Loki of this version has proved the shipped LogQL whose names begin so.
 *
 * @throws {TypeError} when nothing that is shipped has such a name
 */
export function renewProofs(starts: readonly string[], version: string, file = proofsFile): void {
  const shipped = shippedLogql();
  const proved = starts.flatMap((start) => {
    const found = shipped.filter(({ name }) => name.startsWith(start));
    if (found.length === 0) throw new TypeError(`no shipped LogQL has a name that begins with ${start}`);
    return found;
  });
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(file, textOf(renewed(readProofs(file), proved, { loki: version, date })));
}

/** A Loki that was built without a version reports its revision. */
export async function versionOf(url: string): Promise<string> {
  const answer = await fetch(`${url}/loki/api/v1/status/buildinfo`);
  const { version, revision } = (await answer.json()) as { version?: string; revision?: string };
  return version || revision || 'unknown';
}
