import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { eventsRoute } from '../../src/api/index.ts';
import { systemClock } from '../../src/runtime/index.ts';
import { AskedQueries } from '../support/asked-queries.ts';
import { TestBrowser, type WatchedPage } from '../support/browser.ts';
import { ConsoleServer } from '../support/console-server.ts';
import { EventPlace } from '../support/event-place.ts';
import { madeAnswer } from '../support/made-answer.ts';
import { eventIn, madeEvent } from '../support/made-event.ts';
import { requires } from '../support/requires.ts';
import { until } from '../support/until.ts';

/** In the hour of the made answers. */
const at = (minute: number, second = 0) => new Date(Date.UTC(2026, 0, 31, 10, minute, second)).toISOString();
const hostile = '<b>bold</b>\u202e';

const events = [
  { ...eventIn('shop', 'OOMKilled'), time: at(10) },
  madeEvent({
    ...{ kind: 'rollout', type: 'Normal', reason: 'RolloutStarted', objectKind: 'Deployment' },
    ...{ objectName: 'web', time: at(30), message: hostile },
  }),
  madeEvent({ kind: 'agent', reason: 'AgentWent', names: {}, objectName: 'node-9', time: at(50) }),
  madeEvent({ kind: 'agent', type: 'Normal', reason: 'AgentCame', names: {}, time: at(50, 5) }),
];

/** As WCAG 2.2 has it for graphical objects: at least 3. @param colours as "rgb(1, 2, 3)" */
function contrastOf(...colours: readonly [string, string]): number {
  const [one, other] = colours.map((colour) => {
    const [red, green, blue] = colour.match(/\d+/g)!.map((part) => {
      const value = Number(part) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue! + 0.05;
  });
  return Math.max(one! / other!, other! / one!);
}

requires('chromium')('events in the console', () => {
  const place = new EventPlace();
  const queries = new AskedQueries(({ by = [], step }) => {
    const made = { key: by.map(() => 'shop/web'), octets: 600n };
    return step === undefined
      ? madeAnswer(by, [made])
      : madeAnswer(by, [{ ...made, series: Array.from({ length: 60 }, () => 10n) }], { stepMs: 60_000 });
  });
  const server = new ConsoleServer({
    routes: {
      ...queries.routes,
      '/events': eventsRoute({ clock: systemClock, history: () => place.directory }),
    },
  });
  let browser: TestBrowser;
  let watched: WatchedPage;
  let page: Page;
  beforeAll(async () => {
    await place.keep(events);
    await server.start();
    browser = await TestBrowser.start();
    return async () => {
      await browser[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    };
  });
  beforeEach(async () => {
    watched = await browser.openPage();
    page = watched.page;
    return () => watched[Symbol.asyncDispose]();
  });

  const explore = async (search: string) => {
    await page.goto(`${server.link}&page=explore&by=sourceWorkload${search}`);
    await page.waitForSelector('.event-row');
  };
  const parameter = (name: string) => new URL(page.url()).searchParams.get(name);
  const around = (minute: number, second = 0) => {
    const text = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');
    const ms = Date.UTC(2026, 0, 31, 10, minute, second);
    return { from: text(ms - 600_000), to: text(ms + 600_000) };
  };
  const textOf = async (selector: string) =>
    (await page.locator(selector).allTextContents()).map((text) => text.replaceAll(/[\u2068\u2069]/g, ''));

  it.each(['stacked', 'heat'])('are marked over the time of the picture %s', async (picture) => {
    await explore(`&picture=${picture}`);
    const marks = page.locator('.event-mark');
    await until('three marks', async () => (await marks.count()) === 3);
    const plot = (await page.locator('.time-plot .axis-line').first().boundingBox())!;
    for (const [number, minute] of [10, 30, 50].entries()) {
      const line = (await marks.nth(number).locator('.event-line').boundingBox())!;
      expect(line.x).toBeCloseTo(plot.x + (plot.width * minute) / 60, -1);
    }
    const shapes = await page.evaluate<[shape: string, fill: string][]>(
      `[...document.querySelectorAll('.event-mark .event-shape')]
        .map((path) => [path.getAttribute('d'), getComputedStyle(path).fill])`,
    );
    expect(new Set(shapes.map(([shape]) => shape)).size).toBe(3);
    expect(shapes[0]![1]).toBe(shapes[2]![1]); // both are warnings
    expect(shapes[0]![1]).not.toBe(shapes[1]![1]);
    expect(await marks.nth(2).getAttribute('data-events')).toBe('2');
  });

  it('are read by pointer and by keys, and a chosen one shows the time around it', async () => {
    await explore('&picture=stacked');
    await page.locator('.event-mark .event-target').first().hover();
    await until('its text', async () => (await textOf('.tip')).join().includes('Pod shop/cart-0: container'));
    await page.locator('.event-mark[tabindex="0"]').focus();
    await page.keyboard.press('ArrowRight');
    const label = await page.locator('.event-mark:focus').getAttribute('aria-label');
    expect(label).toContain('RolloutStarted');
    expect(label).not.toContain('\u202e');
    await page.keyboard.press('Enter');
    await until('the time', () => parameter('from') === around(30).from);
    expect(parameter('to')).toBe(around(30).to);
  });

  it('are found by words, which the address keeps, and a row shows the time around its event', async () => {
    await explore('&picture=stacked');
    expect(await textOf('.event-row strong')).toEqual([
      'AgentCame',
      'AgentWent',
      'RolloutStarted',
      'OOMKilled',
    ]);
    expect(await page.locator('.events b').count()).toBe(0);
    await page.getByLabel('search events').fill('rolloutstarted WEB');
    await page.keyboard.press('Enter');
    await until('one row', async () => (await page.locator('.event-row').count()) === 1);
    expect(parameter('events')).toBe('rolloutstarted WEB');
    expect(await page.locator('.event-mark').count()).toBe(1);
    expect(await textOf('.event-message')).toEqual(['<b>bold</b>\\u{202e}']);
    await page.locator('.event-row').click();
    await until('the time', () => parameter('from') === around(30).from);
    await explore('&events=node-9');
    expect(await textOf('.event-row strong')).toEqual(['AgentWent']);
  });

  it('stand under pictures without time, too, with signs of enough contrast in both themes', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await explore('');
      expect(await page.locator('.event-mark').count()).toBe(0);
      const colours = await page.evaluate<Record<'fill' | 'stroke' | 'card', string>>(`(() => {
        const path = document.querySelector('.event-shape.warning');
        const { fill, stroke } = getComputedStyle(path);
        return { fill, stroke, card: getComputedStyle(path.closest('.card')).backgroundColor };
      })()`);
      for (const name of ['fill', 'stroke'] as const)
        expect(contrastOf(colours[name], colours.card), `${name} in ${colorScheme}`).toBeGreaterThan(3);
    }
  });
});
