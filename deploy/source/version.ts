import { readFileSync } from 'node:fs';

/** The version of Weir, of its image and of its chart. */
export const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { readonly version: string };
