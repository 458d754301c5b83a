import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAllowed, type Licence, licenceOf } from '../../support/licence-kind.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

const apache = 'Apache License\n   Version 2.0, January 2004';
const mit = 'Permission is hereby granted, free of charge, to any person\nobtaining a copy of this software';
const bsd = 'Redistribution and use in source and binary\nforms, with or without';
const agpl = '      GNU AFFERO GENERAL PUBLIC LICENSE\n         Version 3';
const gpl2 = `GNU GENERAL PUBLIC LICENSE
  Version 2, June 1991
If this is what you want to do, use the GNU Lesser General
Public License instead of this License.`;
const gpl3 = `GNU GENERAL PUBLIC LICENSE
  Version 3, 29 June 2007
  13. Use with the GNU Affero General Public License.
  Notwithstanding any other provision of this License, you have
permission to link or combine any covered work with a work licensed
under version 3 of the GNU Affero General Public License into a single
combined work, and to convey the resulting work.  The terms of this
License will continue to apply to the part which is the covered work,
but the special requirements of the GNU Affero General Public License,
section 13, concerning interaction through a network will apply to the
combination as such.`;
const mpl = `Mozilla Public License Version 2.0
1.12. "Secondary License"
    means either the GNU General Public License, Version 2.0, the GNU
    Lesser General Public License, Version 2.1, the GNU Affero General
    Public License, Version 3.0, or any later versions of those
    licenses.`;
const busl = 'Business Source License 1.1\nChange License: Apache License, Version 2.0';

/** The licence of a module with these files, when the packages in the folders `used` are used. */
function licenceWith(files: Record<string, string>, used: readonly string[] = []): Licence {
  using directory = new TemporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(directory.file(name)), { recursive: true });
    writeFileSync(directory.file(name), text);
  }
  return licenceOf(
    directory.path,
    used.map((folder) => directory.file(folder)),
  );
}

describe('the licence of a module', () => {
  it.each<[what: string, kind: string, files: Record<string, string>]>([
    ['alone', 'BSD', { 'LICENSE.txt': bsd }],
    ['of two', 'Apache-2.0+MIT', { LICENSE: apache, 'licence.mit': mit }],
    ['that names the Affero one', 'MPL-2.0', { LICENSE: mpl }],
    ['in LICENSES', 'Apache-2.0', { 'LICENSES/Apache-2.0.txt': apache }],
    ['beside source text about licences', 'MIT', { LICENSE: mit, 'license.go': 'package AGPL' }],
    ['beside a notice', 'MIT', { LICENSE: mit, NOTICE: 'Copyright 2026 Hare', COPYRIGHT: 'Hare' }],
    ['beside those of others', 'BSD', { LICENSE: bsd, 'THIRD_PARTY_LICENSES/W3C': 'All rights' }],
  ])('is allowed %s: %s', (_, kind, files) => {
    expect(licenceWith(files)).toEqual({ kind, refusals: [] });
    expect(isAllowed(kind)).toBe(true);
  });

  it.each<[what: string, kind: string, file: string, files: Record<string, string>]>([
    ['by its title', 'AGPL', 'LICENSE', { LICENSE: agpl }],
    [
      'by its name',
      'AGPL',
      'COPYING',
      { COPYING: 'under the terms of the GNU Affero General\nPublic License' },
    ],
    ['in short', 'AGPL', 'LICENSE', { LICENSE: 'This is licensed under the AGPLv3.' }],
    ['with a hyphen', 'AGPL', 'LICENSE', { LICENSE: 'SPDX-License-Identifier: AGPL-3.0-or-later' }],
    ['between underscores', 'AGPL', 'LICENSE.md', { 'LICENSE.md': 'the _agpl_, version 3' }],
    ['beside a longer one', 'AGPL+Apache-2.0', 'LICENSE', { LICENSE: `${apache}\nui/ is AGPL.` }],
    ['of a part', 'AGPL+Apache-2.0', 'LICENSING.md', { LICENSE: apache, 'LICENSING.md': 'web/ is AGPL-3.0' }],
    ['in LICENSES', 'AGPL+MIT', 'LICENSES/A.txt', { LICENSE: mit, 'LICENSES/A.txt': agpl }],
    ['in a file of its name', 'AGPL+MIT', 'AGPL.txt', { LICENSE: mit, 'AGPL.txt': agpl }],
    ['after a hyphen', 'AGPL+MIT', 'LICENSE-AGPL', { LICENSE: mit, 'LICENSE-AGPL': agpl }],
    ['in a notice', 'AGPL+MIT', 'NOTICE', { LICENSE: mit, NOTICE: 'web/ is under the AGPLv3' }],
    ['beside the GPL', 'AGPL+GPL', 'COPYING.AGPL', { COPYING: gpl3, 'COPYING.AGPL': agpl }],
    ['after the GPL', 'AGPL+GPL', 'COPYING', { COPYING: `${gpl3}\nor, as you like, the AGPL` }],
    ['after the MPL', 'AGPL+MPL-2.0', 'LICENSE', { LICENSE: `${mpl}\nui/ is under the AGPLv3` }],
    ['as the GPL', 'GPL', 'COPYING', { COPYING: gpl2 }],
    ['as the GPL that names the Affero one', 'GPL', 'COPYING', { COPYING: gpl3 }],
    ['as the SSPL', 'SSPL', 'LICENSE', { LICENSE: 'Server Side Public License\nVERSION 1' }],
    ['as one that becomes free', 'Apache-2.0+BUSL', 'LICENSE', { LICENSE: busl }],
    ['for want of a known text', 'unknown', 'LICENSE', { LICENSE: 'All rights reserved.', 'README.md': mit }],
  ])('is refused %s: %s, with the file that states it', (_, kind, file, files) => {
    const { kind: found, refusals } = licenceWith(files);
    expect(found).toBe(kind);
    expect(isAllowed(kind)).toBe(false);
    expect(refusals.find((text) => text.startsWith(`has ${file}, which says `))).toBeDefined();
  });

  it('is refused if no file states it', () => {
    const refusals = ['has no file that says its licence'];
    expect(licenceWith({ 'main.go': '' })).toEqual({ kind: 'unknown', refusals });
    expect(licenceWith({ NOTICE: mit })).toEqual({ kind: 'unknown', refusals });
    expect(licenceWith({ 'part/LICENSE': mit }, ['part'])).toEqual({ kind: 'MIT+unknown', refusals });
    expect(isAllowed('unknown')).toBe(false);
    expect(isAllowed('')).toBe(false);
  });

  it('includes that of a folder whose package is used, and of no other', () => {
    const files = { LICENSE: apache, 'web/LICENSE': agpl };
    expect(licenceWith(files, ['web'])).toEqual({
      kind: 'AGPL+Apache-2.0',
      refusals: ['has web/LICENSE, which says AGPL: "GNU AFFERO GENERAL PUBLIC LICENSE Version 3"'],
    });
    expect(licenceWith(files)).toEqual({ kind: 'Apache-2.0', refusals: [] });
  });
});
