import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type Metafile } from 'esbuild';

/*
 * npm run console [-- --output FOLDER]
 *
 * Bundles the program of the console for browsers: src/console/app/index.html, and the files that it names.
 * Their names get a hash of their content, so that a browser may keep them for ever. LICENSES.txt has the
 * licences of the libraries in them.
 */

const root = join(import.meta.dirname, '..');
const app = join(root, 'src/console/app');

const { values } = parseArgs({ options: { output: { type: 'string', default: 'build/console' } } });
const output = resolve(values.output);

const page = readFileSync(join(app, 'index.html'), 'utf8');
/** The files that the page names: `href="./main.css"`. */
const entries = [...page.matchAll(/"\.\/([^"]+)"/g)].map(([, name]) => join(app, name!));

const { metafile, outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: entries,
  outdir: output,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  charset: 'utf8',
  legalComments: 'none', // LICENSES.txt has the whole licences
  loader: { '.svg': 'copy' },
  jsx: 'automatic',
  jsxImportSource: 'preact',
  tsconfigRaw: {},
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true,
  write: false,
  logLevel: 'error',
});

const built: [name: string, content: Uint8Array | string][] = [
  ...outputFiles.map(({ path, contents }) => [relative(output, path), contents] as [string, Uint8Array]),
  ['LICENSES.txt', licencesOf(metafile)],
  ['index.html', namedPage(metafile)],
];
fillFolder();
const octets = built.reduce((sum, [, content]) => sum + content.length, 0);
console.log(`${relative(process.cwd(), output) || '.'}/: ${built.length} files, ${octets} octets`);

/** The page with the names that its files have now. */
function namedPage({ outputs }: Metafile): string {
  let named = page;
  for (const [path, { entryPoint, cssBundle }] of Object.entries(outputs)) {
    if (cssBundle !== undefined)
      throw new Error(`a script imports styles: import them in main.css (${path})`);
    if (entryPoint === undefined) continue;
    const before = `"./${relative(app, join(root, entryPoint))}"`;
    named = named.replace(before, `"./${relative(output, resolve(root, path))}"`);
  }
  return named;
}

function licencesOf({ inputs }: Metafile): string {
  const packages = new Set(
    Object.keys(inputs).flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  return [...packages]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function licenceOf(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find((one) => /^licen[cs]e/i.test(one));
  if (file === undefined) throw new Error(`${folder} has no file with its licence`);
  return `${name} ${version}\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
}

/** The page comes last: it names only files that are there. Those of an earlier build go afterwards. */
function fillFolder(): void {
  mkdirSync(output, { recursive: true });
  for (const [name, content] of built) {
    writeFileSync(join(output, `${name}.${process.pid}`), content);
    renameSync(join(output, `${name}.${process.pid}`), join(output, name));
  }
  const names = built.map(([name]) => name);
  for (const name of readdirSync(output)) if (!names.includes(name)) rmSync(join(output, name));
}
