import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

type Kinds = readonly (readonly [kind: string, says: RegExp])[];

/** Licences that the tests allow for built modules, by the text of the licence. */
const allowed: Kinds = [
  ['Apache-2.0', /Apache License,? Version 2\.0/i],
  ['MPL-2.0', /Mozilla Public License,? (v\.|version )?2\.0/i],
  ['BSD', /Redistribution and use in source and binary forms/i],
  ['MIT', /Permission is hereby granted, free of charge, to any person obtaining a copy/i],
  ['ISC', /Permission to use, copy, modify, and(\/or)? distribute this software/i],
  ['Unlicense', /This is free and unencumbered software/i],
  ['CC0-1.0', /CC0 1\.0 Universal/i],
];

/** Refused licences have names so that a text with an allowed licence beside one of them is refused. */
const refused: Kinds = [
  ['AGPL', /Affero|(?<![a-z])AGPL/i],
  ['GPL', /GNU General Public Licen[cs]e|(?<![a-z])GPL/i],
  ['LGPL', /GNU (Lesser|Library) General Public Licen[cs]e|(?<![a-z])LGPL/i],
  ['SSPL', /Server Side Public Licen[cs]e|(?<![a-z])SSPL/i],
  ['BUSL', /Business Source Licen[cs]e|(?<![a-z])BUSL/i],
  ['Commons Clause', /Commons Clause/i],
  ['Elastic', /Elastic Licen[cs]e/i],
];

/** What the MPL and the GPL say about other licences. */
const asides: readonly RegExp[] = [
  /GNU General Public License, Version 2\.0, the GNU Lesser General Public License, Version 2\.1, the GNU Affero General Public License, Version 3\.0/g,
  /Use with the GNU Affero General Public License\./g,
  /a work licensed under version 3 of the GNU Affero General Public License/g,
  /the special requirements of the GNU Affero General Public License, section 13/g,
  /the GNU (Lesser|Library) General Public License instead/g,
  /why-not-lgpl/g,
];

const licenceName = /licen[cs]|copying|(?<![a-z])[al]?gpl(?![a-z]{2})/i;
/** Texts that name the owner of a work, and other works in it. */
const noticeName = /^(notice|copyright)/i;
const folderName = /licen[cs]es?$/i;
const ownFolderName = /^licen[cs]es?$/i;
const sourceName = /\.(go|[chs]|cc|cpp|js|ts|py|sh|pl|ya?ml|json)$/i;
/** The licence of a module's documents, which are not built, and the list of who may change a folder. */
const otherName = /\.docs$|^OWNERS$/;
const isText = (name: string): boolean => !sourceName.test(name) && !otherName.test(name);

export interface Licence {
  /** Such as Apache-2.0+MIT; 'unknown' when no file shows it. */
  readonly kind: string;
  /** The files with a refused licence, in words that follow a module's name. */
  readonly refusals: readonly string[];
}

/** The licences in a module's own folder, and in folders below it whose packages are used. */
export function licenceOf(root: string, below: Iterable<string> = []): Licence {
  const own = licenceFiles(root).map((file) => readLicence(file, root));
  const files = [...own, ...[...below].flatMap(licenceFiles).map((file) => readLicence(file, root))];
  const kinds = [...new Set(files.flatMap((file) => file.kinds))].sort();
  const refusals = files.flatMap(({ refusal }) => refusal ?? []);
  if (own.every((file) => file.kinds.length === 0)) {
    kinds.push('unknown');
    refusals.push('has no file that says its licence');
  }
  return { kind: kinds.join('+'), refusals };
}

/** Whether the tests may build a module of this kind, such as Apache-2.0+MIT. */
export const isAllowed = (kind: string): boolean =>
  kind.split('+').every((part) => allowed.some(([name]) => name === part));

interface LicenceFile {
  readonly path: string;
  /** A notice need not name a licence, and names those of others. */
  readonly isNotice: boolean;
}

/** The licence files in a folder, and all files in its LICENSES. */
function licenceFiles(folder: string): LicenceFile[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const { name } = entry;
    const path = join(folder, name);
    if (entry.isDirectory()) {
      if (!folderName.test(name)) return [];
      const isOwn = ownFolderName.test(name);
      return textsBelow(path).map((text) => ({
        path: text,
        isNotice: !isOwn || noticeName.test(basename(text)),
      }));
    }
    const isNotice = noticeName.test(name);
    return isText(name) && (isNotice || licenceName.test(name)) ? [{ path, isNotice }] : [];
  });
}

const textsBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory() && isText(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name));

function readLicence({ path, isNotice }: LicenceFile, root: string) {
  const joined = readFileSync(path, 'utf8').replace(/\s+/g, ' ').trim();
  const text = asides.reduce((rest, aside) => rest.replace(aside, ''), joined);
  const isSaid = ([, says]: Kinds[number]) => says.test(text);
  const bad = refused.filter(isSaid);
  const good = isNotice ? [] : allowed.filter(isSaid);
  const kinds = [...bad, ...good].map(([kind]) => kind);
  const isUnknown = kinds.length === 0 && !isNotice;
  if (isUnknown) kinds.push('unknown');
  if (bad.length === 0 && !isUnknown) return { kinds };
  const from = Math.max(0, text.search(bad[0]?.[1] ?? /^/) - 30);
  const what = bad.length > 0 ? bad.map(([kind]) => kind).join('+') : 'no licence that the tests know';
  const refusal = `has ${relative(root, path)}, which says ${what}: "${text.slice(from, from + 100)}"`;
  return { kinds, refusal };
}
