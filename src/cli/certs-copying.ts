import { basename, dirname, join } from 'node:path';
import type { TlsPaths } from '../tls/index.ts';

/** The three files of a directory by the names that `weir certs` gives. */
export const filesIn = (folder: string, holder: 'agent' | 'aggregator'): TlsPaths => ({
  caFile: join(folder, 'ca.crt'),
  certFile: join(folder, `${holder}.crt`),
  keyFile: join(folder, `${holder}.key`),
});

/** Commands that copy three files to the places where a host reads them. */
export function copyFiles(files: TlsPaths, places: TlsPaths, host: string): string[] {
  const folder = commonFolder(files, places);
  if (folder === undefined) {
    return pairsOf(files, places).map((pair) => `scp ${shellWord(pair[0])} ${remotePath(host, pair[1])}`);
  }
  const words = pairsOf(files, places).map(([file]) => shellWord(file));
  return [`scp ${words.join(' ')} ${remotePath(host, `${folder}/`)}`];
}

/**
 * Commands that copy a directory which has these files and no others. One is enough where the host reads them
 * from one directory; scp makes it if it is missing.
 */
export function copyFolder(files: TlsPaths, places: TlsPaths, host: string): string[] {
  const folder = commonFolder(files, places);
  if (folder === undefined) return copyFiles(files, places, host);
  return [`scp -r ${shellWord(`${dirname(files.keyFile)}/.`)} ${remotePath(host, folder)}`];
}

/** The directory of all places, if the files keep their names there. */
function commonFolder(files: TlsPaths, places: TlsPaths): string | undefined {
  const folder = dirname(places.keyFile);
  const isCommon = pairsOf(files, places).every(
    ([file, place]) => dirname(place) === folder && basename(file) === basename(place),
  );
  return isCommon ? folder : undefined;
}

const pairsOf = (files: TlsPaths, places: TlsPaths) =>
  (['caFile', 'certFile', 'keyFile'] as const).map((key) => [files[key], places[key]] as const);

const remotePath = (host: string, path: string): string =>
  shellWord(`root@${host.includes(':') ? `[${host}]` : host}:${path}`);

/** A text as a shell reads it as one word. */
export const shellWord = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
