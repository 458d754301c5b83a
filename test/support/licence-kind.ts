import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** By what a text says, its lines joined. */
const kinds: readonly (readonly [kind: string, says: RegExp])[] = [
  ['Apache-2.0', /Apache License,? Version 2\.0/i],
  ['MPL-2.0', /Mozilla Public License,? (v\.|version )?2\.0/i],
  ['BSD', /Redistribution and use in source and binary forms/],
  ['MIT', /Permission is hereby granted, free of charge, to any person obtaining a copy/],
  ['ISC', /Permission to use, copy, modify, and(\/or)? distribute this software/],
  ['Unlicense', /This is free and unencumbered software/],
  ['CC0-1.0', /CC0 1\.0 Universal/],
  ['LGPL', /GNU LESSER GENERAL PUBLIC LICENSE/],
  ['GPL', /GNU GENERAL PUBLIC LICENSE/],
  ['AGPL', /GNU AFFERO GENERAL PUBLIC LICENSE|\bAGPL-3\.0/],
];

/** The texts of these licences name the Affero one, as one that goes with them. */
const mentionAffero = ['MPL-2.0', 'GPL'];

/** The GNU Affero General Public License: nothing under it is built for the tests. */
export const isAffero = (kind: string): boolean => kind.split('+').includes('AGPL');

/** What the licence files in a folder are, such as Apache-2.0+MIT; 'unknown' when there is none that is known. */
export function licenceKind(directory: string): string {
  const found = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(un)?licen[cs]|^copying/i.test(entry.name))
    .flatMap((entry) => kindsOf(readFileSync(join(directory, entry.name), 'utf8')));
  return [...new Set(found)].sort().join('+') || 'unknown';
}

function kindsOf(text: string): string[] {
  const joined = text.replace(/\s+/g, ' ');
  const found = kinds.filter(([, says]) => says.test(joined)).map(([kind]) => kind);
  const isMeant = /GNU Affero General Public Licen[cs]e/i.test(joined);
  if (isMeant && !found.some((kind) => kind === 'AGPL' || mentionAffero.includes(kind))) found.push('AGPL');
  return found;
}
