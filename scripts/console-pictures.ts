/*
 * npm run console:pictures [-- --output FOLDER]
 *
 * Pictures of each page of the console, in two sizes and both themes. They are of a real `weir up` in a
 * network namespace of its own, whose history has an hour of a made-up cluster. Needs root and the chromium
 * of Debian.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { weirWithConsole } from '../test/cli/weir.ts';
import { TestBrowser } from '../test/support/browser.ts';
import { storePastHour } from '../test/support/past-hour.ts';
import { TemporaryDirectory } from '../test/support/temporary-directory.ts';
import { loneHost } from '../test/support/topology.ts';

const { values } = parseArgs({ options: { output: { type: 'string', default: 'build/console-pictures' } } });
const output = resolve(values.output);

const pages: Readonly<Record<string, string>> = {
  now: '?page=now',
  sankey: '?page=explore&by=sourceNamespace,destinationNamespace',
  chord: '?page=explore&by=sourceNamespace,destinationNamespace&picture=chord',
  matrix: '?page=explore&picture=matrix&top=50',
  stacked: '?page=explore&by=sourceNamespace&picture=stacked&top=10&compare=previous',
  heat: '?page=explore&by=sourceNode,destinationNode&picture=heat',
  policy: '?page=explore&by=sourceNamespace,verdict,destinationNamespace&measure=flows',
  flows: '?page=flows',
  map: '?page=map',
  health: '?page=health',
};
const sizes = { desktop: { width: 1_280, height: 720 }, phone: { width: 390, height: 844 } };
/** Pages that read something again and again have their first answers by then. */
const SETTLED_MS = 1_500;

using place = new TemporaryDirectory();
await storePastHour(place.file('history'), { workloads: 40, recordsPerSecond: 2 });
await using host = await loneHost();
await using terminal = host.start(
  [
    'script',
    '-qec',
    `stty cols 200 rows 30; exec ${weirWithConsole('up', '--history', place.file('history')).join(' ')}`,
    '/dev/null',
  ],
  { environment: { TERM: 'xterm', WEIR_STATE: place.file('state') } },
);
const [link] = await terminal.says(/http:\/\/\S+\/console\/\?token=[\w%.-]+/);
const address = `${new URL(link!).origin}/console/`;
await using browser = await TestBrowser.start({ namespace: host });
const visitor = await browser.newVisitor();
await using watched = await browser.openPage(visitor);
const { page } = watched;
await page.goto(link!);
mkdirSync(output, { recursive: true });
for (const [size, viewport] of Object.entries(sizes)) {
  await page.setViewportSize(viewport);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [name, search] of Object.entries(pages)) {
      await page.goto(`${address}${search}`);
      await page.waitForTimeout(SETTLED_MS);
      await page.locator('.progress-on').waitFor({ state: 'detached' });
      await page.screenshot({ path: join(output, `${name}-${size}-${colorScheme}.png`) });
    }
  }
}
