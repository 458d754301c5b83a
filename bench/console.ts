import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { startWeir } from '../test/cli/weir.ts';
import { TestBrowser } from '../test/support/browser.ts';
import type { Need } from '../test/support/needs.ts';
import { storePastHour } from '../test/support/past-hour.ts';
import { TemporaryDirectory } from '../test/support/temporary-directory.ts';
import { type BenchRow, measureWork, summaryOf, type Target } from './measure.ts';

export const title = 'the console in a browser: 200 workloads, an hour of flows';
export const needs: readonly Need[] = ['chromium'];

const WORKLOADS = 200;
const VISITORS = 9;
/** Times that all interactions are played. */
const ROUNDS = 3;
/** As long as a finger is on a key or a button. */
const HELD_MS = 80;

/*
 * An interaction has two ends, and somebody perceives both. The first is the next paint after its key or
 * click, by the browser's own Event Timing: the page reacts. The second is the paint after the last change of
 * the page: its result is there. What is drawn in steps is shown sooner by the first alone.
 *
 * Without a graphics card Chromium paints in the processes of this machine, so each paint has the time of the
 * processor in it. It must count once. Playwright points, presses and lets go in the same moment, and so the
 * paint of one of these would wait for that of another. So the pointer is there before, and each key and
 * button is held for a moment, as by a hand. To point is an interaction of its own. One that begins with a
 * drag also paints what is pointed at.
 */

/** What somebody does at a page: all of it has an answer on the screen, and some of it a question. */
interface Interaction {
  readonly name: string;
  /** The page that it begins at. */
  readonly search: string;
  /** What somebody does before, and is not measured. */
  readonly prepare?: (page: Page) => Promise<void>;
  readonly act: (page: Page) => Promise<void>;
}

const pressKey = (key: string) => ({
  act: (page: Page) => page.locator('body').press(key, { delay: HELD_MS }),
});
const pointAt = (selector: string) => (page: Page) => page.locator(selector).first().hover();
const clickOn = (selector: string) => ({
  prepare: pointAt(selector),
  act: (page: Page) => page.locator(selector).first().click({ delay: HELD_MS }),
});
const explore = 'page=explore&from=1h&top=200';

const interactions: readonly Interaction[] = [
  ...['explore', 'flows', 'map', 'health'].map((name) => ({
    name: `open ${name}`,
    search: 'page=now&from=1h',
    ...clickOn(`nav a[data-page="${name}"]`),
  })),
  ...Object.entries({ chord: 'c', matrix: 'm', stacked: 'a', lines: 'l', 'heat map': 'h' }).map(
    ([picture, key]) => ({ name: `sankey to ${picture}`, search: explore, ...pressKey(key) }),
  ),
  { name: 'matrix to sankey', search: `${explore}&picture=matrix`, ...pressKey('s') },
  { name: 'point at a link', search: explore, act: pointAt('.picture [data-mark]') },
  { name: 'point at a time', search: `${explore}&picture=stacked`, act: pointAtTime },
  { name: 'filter by a link', search: explore, ...clickOn('.picture [data-mark]') },
  { name: 'filter by a row', search: explore, ...clickOn('tbody .value-button') },
  {
    name: 'type a filter',
    search: explore,
    prepare: (page) => page.locator('.filter-field').click(),
    act: (page) => page.locator('.filter-field').pressSequentially('sourceNa', { delay: HELD_MS }),
  },
  {
    name: 'zoom into a time',
    search: `${explore}&picture=stacked`,
    prepare: pointAtTime,
    act: dragOverTime,
  },
  { name: 'change the theme', search: explore, ...pressKey('t') },
  { name: 'open a namespace', search: 'page=map&from=1h', ...clickOn('.map-box') },
  { name: 'open a flow', search: 'page=flows&from=1h', ...clickOn('tr[data-row]') },
];

export async function run(): Promise<BenchRow[]> {
  using place = new TemporaryDirectory();
  const directory = place.file('history');
  await storePastHour(directory, { workloads: WORKLOADS, recordsPerSecond: 20 });
  await using program = startWeir(
    ['console', '--from', 'history', '--directory', directory, '--http', '127.0.0.1:0'],
    { environment: { WEIR_STATE: place.path } },
  );
  const [, url] = await program.says(/answers on (http:\/\/\S+)\/console\//);
  const link = `${url}/console/?token=${readFileSync(place.file('console/token'), 'utf8').trim()}`;
  await using browser = await TestBrowser.start();

  const painted = await measureWork(
    async () => {
      await using watched = await browser.openPage();
      await watched.page.goto(link);
      return await firstPaint(watched.page);
    },
    { runs: VISITORS, warmup: 1 },
  );
  const played = await playInteractions(browser, link);
  return [
    {
      name: 'first paint, nothing cached',
      unit: 'ms',
      median: painted.medianMs,
      spread: painted.spread,
      target: { atMost: 1_000 },
    },
    ...rowsOf('an interaction until the next paint', played, ({ reactionMs }) => reactionMs, { atMost: 100 }),
    ...rowsOf('until its result is drawn, without a question', played, ({ resultMs, hasAsked }) =>
      hasAsked ? undefined : resultMs,
    ),
    ...rowsOf('until its result is drawn, with the answers', played, ({ resultMs, hasAsked }) =>
      hasAsked ? resultMs : undefined,
    ),
    {
      name: 'the longest task, also of answers that arrive',
      unit: 'ms',
      ...summaryOf(played.map(({ taskMs }) => Math.max(...taskMs))),
      target: { atMost: 100 },
    },
  ];
}

/** The median of all interactions, and the slowest one by its own median. */
function rowsOf(
  name: string,
  rounds: readonly Round[],
  msOf: (delay: Delay) => number | undefined,
  target?: Target,
): BenchRow[] {
  const found = interactions.flatMap((interaction, place) => {
    const times = rounds.flatMap(({ delays }) => msOf(delays[place]!) ?? []);
    return times.length === 0 ? [] : [{ name: interaction.name, ...summaryOf(times) }];
  });
  const slowest = found.reduce((one, other) => (other.median > one.median ? other : one));
  return [
    { name: `${name}: the median`, unit: 'ms', ...summaryOf(found.map(({ median }) => median)) },
    {
      ...{ name: `${name}: the slowest (${slowest.name})`, unit: 'ms', median: slowest.median },
      spread: slowest.spread,
      ...(target && { target }),
    },
  ];
}

/** Milliseconds from the request to the first content. */
const firstPaint = (page: Page): Promise<number> =>
  page.evaluate<number>(`new Promise((resolve) => {
    new PerformanceObserver((list) => {
      for (const { startTime } of list.getEntriesByName('first-contentful-paint')) resolve(startTime);
    }).observe({ type: 'paint', buffered: true });
  })`);

interface Delay {
  /** From the key or click to the next paint; undefined where there is neither. */
  readonly reactionMs: number | undefined;
  /** From the last key, release or movement to the paint after the last change. */
  readonly resultMs: number;
  readonly hasAsked: boolean;
}

interface Round {
  /** As `interactions`. */
  readonly delays: readonly Delay[];
  /** The longest times in which the page could not react. */
  readonly taskMs: readonly number[];
}

async function playInteractions(browser: TestBrowser, link: string): Promise<Round[]> {
  await using watched = await browser.openPage();
  const { page } = watched;
  await page.addInitScript(watchDelays);
  await page.goto(link);
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [delays, taskMs]: [Delay[], number[]] = [[], []];
    for (const { search, prepare, act } of interactions) {
      await page.goto(`${new URL(link).origin}/console/?${search}`);
      await page.mouse.move(0, 0);
      await settle(page);
      await prepare?.(page);
      await settle(page);
      await page.evaluate('delays.clear()');
      await act(page);
      await settle(page);
      const { longestMs, ...delay } = await page.evaluate<Delay & { longestMs: number }>('delays.take()');
      delays.push(delay);
      taskMs.push(longestMs);
    }
    rounds.push({ delays, taskMs });
  }
  return rounds;
}

/** Waits until the page has its answers and has drawn them. */
async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.locator('.progress-on').waitFor({ state: 'detached' });
  await page.evaluate('delays.painted()');
}

/** The browser's own measure. It reports an event from this length on, in steps of 8 ms. */
const SHORTEST_MS = 16;

/**
 * The second frame after a change begins when the first has left the page, so what it has is drawn. Events
 * without an interaction are movements.
 */
const watchDelays = `globalThis.delays = (() => {
  let [reactionMs, longestMs, startMs, drawnMs, hasAsked] = [0, 0, 0, 0, false];
  const events = new PerformanceObserver((list) => list.getEntries().forEach(noteEvent));
  const tasks = new PerformanceObserver((list) => list.getEntries().forEach(noteTask));
  const noteEvent = ({ duration, interactionId }) => {
    if (interactionId > 0) reactionMs = Math.max(reactionMs, duration);
  };
  const noteTask = ({ duration }) => {
    longestMs = Math.max(longestMs, duration);
  };
  events.observe({ type: 'event', durationThreshold: ${SHORTEST_MS} });
  tasks.observe({ type: 'longtask' });
  new PerformanceObserver(() => {
    hasAsked = true;
  }).observe({ type: 'resource' });
  let hasPressed = false;
  for (const type of ['pointermove', 'pointerup', 'keydown'])
    addEventListener(type, ({ timeStamp }) => {
      hasPressed ||= type !== 'pointermove';
      startMs = timeStamp;
    }, { capture: true });
  const noteDrawn = () => {
    drawnMs = performance.now();
  };
  new MutationObserver(() => requestAnimationFrame(() => requestAnimationFrame(noteDrawn))).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    characterData: true,
  });
  const read = () => {
    events.takeRecords().forEach(noteEvent);
    tasks.takeRecords().forEach(noteTask);
    return {
      reactionMs: hasPressed ? Math.max(reactionMs, ${SHORTEST_MS}) : undefined,
      resultMs: Math.max(drawnMs - startMs, ${SHORTEST_MS}),
      hasAsked,
      longestMs,
    };
  };
  return {
    take: read,
    clear: () => {
      read();
      [reactionMs, longestMs, startMs, drawnMs, hasAsked, hasPressed] = [0, 0, 0, 0, false, false];
    },
    painted: () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 100)))),
  };
})();`;

/** A place in the picture of a time. */
async function placeInTime(page: Page, share: number): Promise<[number, number]> {
  const { x, y, width, height } = (await page.locator('.time-plot').first().boundingBox())!;
  return [x + width * share, y + height / 2];
}

async function pointAtTime(page: Page): Promise<void> {
  await page.mouse.move(...(await placeInTime(page, 0.25)));
}

/** Over a quarter of the time that is drawn. */
async function dragOverTime(page: Page): Promise<void> {
  const end = await placeInTime(page, 0.5);
  await page.mouse.down();
  await page.mouse.move(...end, { steps: 5 });
  await page.waitForTimeout(HELD_MS);
  await page.mouse.up();
}
