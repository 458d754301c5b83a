/*
 * npm run dashboards:pictures [-- --output FOLDER] [--unfolded] [--prometheus URL] [--to TIME] [--docs]
 * [NAME…]
 *
 * Draws the committed dashboards, or the named ones, as PNG. It uses Grafana's own panels (@grafana/ui), and
 * a real Prometheus with a made-up history, or yours. It needs `npm ci --prefix grafana-dashboards/pictures`,
 * the chromium of Debian (or CHROMIUM=its path) and a built Prometheus. The flag --unfolded also opens folded
 * rows. With --docs it writes the upper parts for docs/images. Panels that @grafana/ui lacks are drawn as a
 * table.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { dashboards } from '../../test/support/dashboards.ts';
import { answerQueries } from './answers.ts';
import { storeOfHistory } from './history/store.ts';

const docs = join(import.meta.dirname, '../../docs/images');
const width = 1_400;
/** Time for what @grafana/ui draws only after its first rendering: sizes, curves. */
const settleMs = 1_500;
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: 'string', default: 'build/dashboards' },
    unfolded: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    prometheus: { type: 'string' },
    to: { type: 'string', default: new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString() },
  },
});
/** The part of a dashboard in the documentation, in pixels from its top. */
const documented: Readonly<Record<string, number>> = {
  overview: 1_530,
  'saturation-and-quiet': 1_400,
  health: 1_520,
};

const unknown = positionals.filter((name) => !dashboards.some((one) => one.name === name));
if (unknown.length > 0) {
  console.error(`Expected ${dashboards.map(({ name }) => name).join(', ')}; found ${unknown.join(', ')}.`);
  process.exit(2);
}

mkdirSync(flags.output, { recursive: true });
const to = new Date(flags.to);
await using store = flags.prometheus === undefined ? await storeOfHistory(to) : undefined;
const prometheus = store?.url ?? flags.prometheus!;
await using browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage({ viewport: { width, height: 1_000 } });
page.on('pageerror', (error) => console.error(error.message));
// nothing is fetched; a page without an origin has no localStorage, which Grafana's code reads
await page.route('**/*', (route) =>
  route.fulfill({ contentType: 'text/html', body: '<!doctype html><body>' }),
);
await page.goto('http://dashboards.invalid/');
const [script, styles] = await bundleScript();
await page.addStyleTag({ content: styles });
await page.addScriptTag({ content: script });
for (const { name, json } of dashboards) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  if (flags.docs && documented[name] === undefined) continue;
  const drawn = await answerQueries(json, prometheus, to, flags.unfolded);
  await page.evaluate(([dashboard, px]) => (globalThis as never as Drawing).draw(dashboard, px), [
    drawn,
    width,
  ] as const);
  // tables draw only visible rows
  await page.setViewportSize({ width, height: await page.evaluate('document.body.scrollHeight') });
  await page.waitForTimeout(settleMs);
  const file = flags.docs ? join(docs, `dashboard-${name}.png`) : join(flags.output, `${name}.png`);
  const clip = flags.docs && { clip: { x: 0, y: 0, width, height: documented[name]! } };
  await page.screenshot({ path: file, fullPage: true, ...clip });
  console.log(file);
}

interface Drawing {
  draw(dashboard: unknown, width: number): Promise<void>;
}

/** The page's program and its styles, bundled. */
async function bundleScript(): Promise<[script: string, styles: string]> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'browser/draw.tsx')],
    bundle: true,
    write: false,
    outdir: 'build',
    format: 'iife',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.svg': 'dataurl', '.woff2': 'dataurl', '.ttf': 'dataurl' },
    logLevel: 'error',
  });
  const [script, styles] = ['.js', '.css'].map(
    (end) => outputFiles.find(({ path }) => path.endsWith(end))!.text,
  );
  return [script!, styles!];
}
