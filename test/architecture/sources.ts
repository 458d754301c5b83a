import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface Source {
  /** From the checkout's root: 'src/flow/index.ts'. */
  path: string;
  text: string;
}

/** The checkout's TypeScript under a folder. */
export function readSources(folder: string): Source[] {
  const paths = globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root })
    .filter((path) => !path.includes('node_modules/'))
    .sort();
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/**
 * What a module imports: static and dynamic imports, re-exports, and files it names by URL (worker threads).
 */
export function importsOf({ text }: Source): string[] {
  const forms = [
    /^(?:import|export)\s+(?:type\s+)?(?:[\w$*]+\s*,?\s*)?(?:as\s+[\w$]+\s*)?(?:\{[^}]*\}\s*)?from\s+'([^']+)'/gm,
    /^import\s+'([^']+)'/gm,
    /\bimport\(\s*'([^']+)'/g,
    /\bnew URL\(\s*'(\.[^']+)',\s*import\.meta\.url/g,
  ];
  return forms.flatMap((form) => [...text.matchAll(form)].map(([, specifier]) => specifier!));
}
