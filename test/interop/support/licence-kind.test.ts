import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isAffero, licenceKind } from '../../support/licence-kind.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

const apache = 'Apache License\n   Version 2.0, January 2004';
const mit = 'Permission is hereby granted, free of charge, to any person\nobtaining a copy of this software';
const gpl =
  'GNU GENERAL PUBLIC LICENSE\nVersion 3\n13. Use with the GNU Affero General Public License.\nNotwithstanding';
const mpl =
  'Mozilla Public License Version 2.0\n1.12. "Secondary License" means … the GNU Affero General\nPublic License, Version 3.0';

it.each([
  ['by its title', 'AGPL', { LICENSE: '      GNU AFFERO GENERAL PUBLIC LICENSE\n         Version 3' }],
  ['by its name', 'AGPL', { COPYING: 'under the terms of the GNU Affero General\nPublic License' }],
  ['of a part', 'AGPL+Apache-2.0', { LICENSE: apache, 'LICENSING.md': 'web/ is AGPL-3.0-only' }],
  ['beside another', 'AGPL+GPL', { COPYING: gpl, 'COPYING.AGPL': 'GNU AFFERO GENERAL PUBLIC LICENSE' }],
  ['that names the Affero one', 'GPL', { COPYING: gpl }],
  ['that names the Affero one', 'MPL-2.0', { LICENSE: mpl }],
  ['of two', 'Apache-2.0+MIT', { LICENSE: apache, 'licence.mit': mit }],
  ['alone', 'BSD', { 'LICENSE.txt': 'Redistribution and use in source and binary\nforms, with or without' }],
  ['that is not known', 'unknown', { LICENSE: 'All rights reserved.', 'README.md': mit }],
])('a licence %s is found in its files: %s', (_, kind, files) => {
  using directory = new TemporaryDirectory();
  for (const [name, text] of Object.entries(files)) writeFileSync(directory.file(name), text!);
  expect(licenceKind(directory.path)).toBe(kind);
  expect(isAffero(kind)).toBe(kind.startsWith('AGPL'));
});
