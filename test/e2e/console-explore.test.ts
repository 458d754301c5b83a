import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseCondition } from '../../src/flow/index.ts';
import { HttpError } from '../../src/http/index.ts';
import type { QueryText } from '../../src/query/contract/index.ts';
import { AskedQueries } from '../support/asked-queries.ts';
import { TestBrowser, type WatchedPage } from '../support/browser.ts';
import { ConsoleServer } from '../support/console-server.ts';
import { type MadeGroup, madeAnswer } from '../support/made-answer.ts';
import { requires } from '../support/requires.ts';
import { until } from '../support/until.ts';

/** Names as a network may have them. */
const hostile = ['<b>bold</b>', '__proto__', 'Other', '\u202egnp.exe', 'x'.repeat(253), '"quoted" and', null];

const pairs = (count: number): MadeGroup[] =>
  Array.from({ length: count }, (_, at) => ({
    key: [`shop/w${at % 17}`, `data/w${(at * 7) % 23}`],
    octets: BigInt(1_000_000 - at * 999),
    flows: 5n,
    deniedFlows: at % 5 === 0 ? 5n : 0n,
  }));

const answerPairs = (made: MadeGroup[]) => (query: QueryText) =>
  madeAnswer(query.by ?? [], made, { groupCount: made.length });

requires('chromium')('the page Explore', () => {
  const queries = new AskedQueries(answerPairs(pairs(20)));
  const server = new ConsoleServer({ routes: queries.routes });
  let browser: TestBrowser;
  let watched: WatchedPage;
  let page: Page;
  beforeAll(async () => {
    await server.start();
    browser = await TestBrowser.start();
    return async () => {
      await browser[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    };
  });
  beforeEach(async () => {
    queries.answer = answerPairs(pairs(20));
    queries.asked.length = 0;
    watched = await browser.openPage(await newReader());
    page = watched.page;
    return () => watched[Symbol.asyncDispose]();
  });
  afterAll(() => expect(queries.mostAtOnce).toBeGreaterThan(0));

  /** Somebody who has opened the link before. */
  const newReader = async () => {
    const visitor = await browser.newVisitor();
    const [name, value] = (await server.cookie()).split('=') as [string, string];
    await visitor.addCookies([{ name, value, url: server.url }]);
    return visitor;
  };
  const explore = async (search = '') => {
    await page.goto(`${server.url}/console/?page=explore${search}`);
    await page.waitForSelector('main [data-mark], main .no-flows, main .fault', { state: 'attached' });
    await drawn();
  };
  /** The table is drawn after the picture. */
  const drawn = () => page.locator('main [aria-busy="true"]').first().waitFor({ state: 'detached' });
  const parameter = (name: string) => new URL(page.url()).searchParams.get(name);
  const textOf = async (place: Locator, attribute?: string) => {
    const text = await (attribute === undefined ? place.textContent() : place.getAttribute(attribute));
    return text?.replaceAll(/[\u2068\u2069]/g, '');
  };
  const boxesOf = (place: Locator) =>
    place.evaluateAll((elements) =>
      elements.map((element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        return { text: element.textContent, left, right, top: top + 1, bottom: bottom - 1 };
      }),
    );

  it('shows names of any text as text, and filters by exactly that name', async () => {
    const made = hostile.map((name, at): MadeGroup => ({ key: [name, 'b'], octets: BigInt(100 - at) }));
    queries.answer = answerPairs([...made, { key: 'rest', octets: 1n }]);
    await explore();
    expect(await page.locator('main b').count()).toBe(0);
    const shown = await page.locator('tbody .value:first-child .name').allTextContents();
    expect(shown).toEqual(hostile.map((name) => name?.replace('\u202e', '\\u{202e}') ?? 'none'));
    for (const [row, name] of hostile.entries()) {
      await page.locator('tbody tr').nth(row).locator('.value-button').first().click();
      await until('a filter', () => parameter('where') !== null);
      expect(parseCondition(parameter('where')!)).toEqual({ word: 'sourceWorkload', values: [name ?? ''] });
      await until('its question', () => queries.asked.at(-1)?.where === parameter('where'));
      await page.goBack();
      // The address has changed before the page takes notice of it.
      await until('the question before', () => !queries.asked.at(-1)?.where);
    }
  });

  it('draws no label upon another, and each within its picture', async () => {
    queries.answer = answerPairs(pairs(200));
    for (const picture of ['sankey', 'chord', 'matrix']) {
      await explore(`&picture=${picture}&top=200`);
      const boxes = await boxesOf(page.locator('.picture .node-label, .matrix .axis-label[x]'));
      expect(boxes.length).toBeGreaterThan(10);
      const upon = boxes.flatMap((a, at) =>
        boxes
          .slice(at + 1)
          .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
          .map((b) => `${picture}: ${a.text} upon ${b.text}`),
      );
      expect(upon).toEqual([]);
      const [whole] = await boxesOf(page.locator('html'));
      expect(whole!.right).toBeLessThanOrEqual(1_280);
    }
  });

  it.each([
    ['a desk', { width: 1_280, height: 720 }],
    ['a phone', { width: 390, height: 844 }],
  ])('cuts long names in their middle so that none leaves its picture, on %s', async (_, size) => {
    const made = Array.from({ length: 12 }, (_, at): MadeGroup => {
      const name = `a-team-of-many-words-${at}/WWW-checkout-gateway-${at}`;
      return { key: [name, `${name}-upstream`], octets: BigInt(1_000 - at), series: [1n, 2n, 3n, 4n] };
    });
    queries.answer = (query) => {
      const answer = answerPairs(made)(query);
      return query.step === undefined ? answer : { ...answer, stepMs: (answer.toMs - answer.fromMs) / 4 };
    };
    await page.setViewportSize(size);
    for (const picture of ['sankey', 'chord', 'matrix', 'heat', 'lines', 'stacked']) {
      await explore(`&picture=${picture}`);
      const [frame] = await boxesOf(page.locator('.picture svg').first());
      const labels = await boxesOf(page.locator('.picture text:not(.zone)'));
      expect(labels.length).toBeGreaterThan(5);
      const outside = labels.filter(({ left, right }) => left < frame!.left - 1 || right > frame!.right + 1);
      expect(outside.map(({ text }) => `${picture}: ${text}`)).toEqual([]);
    }
  });

  it('numbers groups over time, in the picture as in the table, since colours may look alike', async () => {
    const made = ['a', 'b', 'c'].map(
      (name, at): MadeGroup => ({
        key: [name, 'x'],
        octets: BigInt(40 - at),
        series: [10n, 10n, 10n, BigInt(10 - at)],
      }),
    );
    queries.answer = (query) => {
      const answer = answerPairs([...made, { key: 'rest', octets: 4n, series: [1n, 1n, 1n, 1n] }])(query);
      return { ...answer, stepMs: (answer.toMs - answer.fromMs) / 4 };
    };
    for (const picture of ['stacked', 'lines']) {
      await explore(`&picture=${picture}`);
      expect(await page.locator('.series-number').allTextContents()).toEqual(['1', '2', '3']);
      expect(await page.locator('tbody .group-number').allTextContents()).toEqual(['1', '2', '3']);
      const [one, two, three] = await boxesOf(page.locator('.series-number'));
      for (const [a, b] of [
        [one!, two!],
        [two!, three!],
        [one!, three!],
      ] as const)
        expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
    }
    await explore('&picture=heat');
    expect(await page.locator('.group-number').count()).toBe(0);
  });

  it('hatches a gap on the time axis with its reason, and warns of a compared time with gaps', async () => {
    const made = madeAnswer([], [{ key: [], octets: 8n, previous: 4n, series: [3n, 0n, 0n, 5n] }]);
    const quarterMs = (made.toMs - made.fromMs) / 4;
    const gap = {
      fromMs: made.fromMs + quarterMs,
      toMs: made.fromMs + 3 * quarterMs,
      why: 'no process wrote' as const,
    };
    const warning = 'The compared time is covered to 50.0 %.';
    queries.answer = () => ({
      ...made,
      stepMs: quarterMs,
      coverage: { ...made.coverage, gaps: [gap], notices: [warning] },
    });
    await explore('&picture=stacked&compare=previous');
    const hatch = page.locator('.time-plot .gap');
    expect(await textOf(hatch.locator('title'))).toBe('no records: no process wrote');
    const fill = "getComputedStyle(document.querySelector('.time-plot .gap')).fill";
    expect(await page.evaluate(fill)).toContain('hatch-unknown');
    const plot = (await boxesOf(page.locator('.time-plot .axis-line[x2]')))[0]!;
    const [box] = await boxesOf(hatch);
    expect((box!.right - box!.left) / (plot.right - plot.left)).toBeCloseTo(0.5, 1);
    expect(await textOf(page.locator('.gap-label'))).toBe('no process wrote');
    const told = await page.locator('.coverage .warning').allTextContents();
    expect(told).toEqual([expect.stringMatching(/^No records .*: no process wrote\.$/), warning]);
  });

  it('has a pattern for denied flows, beside the colour', async () => {
    await explore();
    const denied = await page.locator('.link.all-denied').count();
    expect(denied).toBe(4);
    expect(await page.locator('.sankey .area-hatch').count()).toBe(denied);
  });

  it('is used by keys alone: marks, pictures, time, filter, and a list of them all', async () => {
    await explore();
    await page.locator('.picture [tabindex="0"]').focus();
    await page.keyboard.press('ArrowRight');
    const label = await textOf(page.locator('.picture [data-mark]:focus'), 'aria-label');
    expect(label).toBe('shop/w0 → data/w4: 983 kB (983,017 octets)');
    expect(await textOf(page.locator('.tip'))).toContain('shop/w0 → data/w4: 983 kB (983,017 octets)');
    await page.keyboard.press('Enter');
    await until(
      'a filter',
      () => parameter('where') === 'sourceWorkload=shop/w0 and destinationWorkload=data/w4',
    );
    await page.locator('body').press('m');
    await page.waitForSelector('.matrix');
    await page.locator('body').press('[');
    await until('an earlier time', () => parameter('to') !== null);
    await page.locator('body').press('Escape');
    await until('one step back', () => parameter('to') === null);
    await page.locator('body').press('?');
    expect(await page.locator('dialog th').allTextContents()).toEqual(
      expect.arrayContaining(['?', '/', '[', ']', '-', 's', 'm', 'Escape', 'Tab']),
    );
  });

  it('completes the filter where the cursor is, also by the values in use', async () => {
    const namespaces: MadeGroup[] = ['a b', 'shop'].map((name) => ({ key: [name], octets: 1n }));
    queries.answer = ({ by = [] }) => madeAnswer(by, by.length === 1 ? namespaces : pairs(20));
    await explore();
    const field = page.locator('.filter-field');
    const options = page.locator('.completion bdi');
    const choose = async (text: string) => {
      await until(text, async () => (await options.allTextContents()).includes(text));
      for (let at = (await options.allTextContents()).indexOf(text); at >= 0; at--)
        await field.press('ArrowDown');
      await field.press('Enter');
    };
    await field.pressSequentially('sourceNamesp');
    await choose('sourceNamespace');
    await choose('sourceNamespace=');
    await choose('"a b"');
    expect(await field.inputValue()).toBe('sourceNamespace="a b"');
    await choose(' and ');
    expect(await field.inputValue()).toBe('sourceNamespace="a b" and ');
  });

  it('shows at each key what may come next, and moves nothing below while values are asked for', async () => {
    await explore();
    let answerValues: (() => void) | undefined;
    queries.answer = async (query) => {
      if (query.by?.length === 1) await new Promise<void>((resolve) => (answerValues = resolve));
      return madeAnswer(query.by ?? [], [{ key: ['data'], octets: 1n, flows: 1n, deniedFlows: 0n }]);
    };
    await page.evaluate(`globalThis.seen = (() => {
      const [tops, faults] = [new Set(), []];
      const note = () => {
        tops.add(document.querySelector('main').getBoundingClientRect().top);
        const fault = document.querySelector('#filter-fault')?.textContent;
        if (fault !== undefined) faults.push(fault);
      };
      note();
      new MutationObserver(note).observe(document.body, { subtree: true, childList: true });
      return { tops: () => [...tops].length, faults };
    })()`);
    const field = page.locator('.filter-field');
    await field.pressSequentially('destinationNamespace=d');
    await until('a question about values', () => answerValues !== undefined);
    answerValues!();
    await page.locator('.completion', { hasText: 'data' }).waitFor();
    expect(await page.evaluate('[seen.tops(), seen.faults]')).toEqual([1, []]);
  });

  it('dims an answer that is asked again, and draws nothing of it on another layer', async () => {
    await explore();
    const tools = await page.context().newCDPSession(page);
    const known = new Set<string>();
    const drawn: string[] = [];
    tools.on('LayerTree.layerTreeDidChange', ({ layers = [] }) => {
      for (const { layerId, drawsContent, width, height } of layers) {
        // The line of progress has one of its own.
        if (!drawsContent || known.has(layerId) || height <= 2) continue;
        known.add(layerId);
        drawn.push(`${width}x${height}`);
      }
    });
    await tools.send('DOM.enable');
    await tools.send('LayerTree.enable');
    await page.locator('body').press('t');
    await until('the layers of the page, which another theme changes', () => drawn.length > 0);
    drawn.length = 0;
    let answerAll: (() => void) | undefined;
    queries.answer = async (query) => {
      await new Promise<void>((resolve) => (answerAll = resolve));
      return answerPairs(pairs(20))(query);
    };
    await page.locator('body').press('r');
    await page.locator('.asking').waitFor();
    const veil = `getComputedStyle(document.querySelector('.asking'), '::after').opacity`;
    await until('the veil', async () => (await page.evaluate(veil)) === '0.25');
    expect(drawn).toEqual([]);
    answerAll!();
    await page.locator('.asking').waitFor({ state: 'detached' });
    expect(drawn).toEqual([]);
  });

  it('asks nothing while the filter is wrong, and shows where', async () => {
    await explore();
    const before = queries.asked.length;
    await page.locator('.filter-field').fill('sourceWorkload=a and port=');
    await page.locator('.filter-field').blur();
    expect(await textOf(page.locator('#filter-fault'))).toContain('column 27: expected');
    await page.locator('.filter-field').press('Enter');
    expect(parameter('where')).toBeNull();
    await page.goto(`${server.url}/console/?page=explore&where=a%3Db%3Dc`);
    expect(await textOf(page.locator('main .fault'))).toContain('Nothing is asked');
    expect(queries.asked.slice(before).filter(({ by }) => (by?.length ?? 0) > 1)).toEqual([]);
  });

  it('keeps the picture when the next answer is an error, and says what it is', async () => {
    await explore();
    const links = await page.locator('.link').count();
    queries.answer = () => {
      throw new HttpError(422, 'The question reads too many files: shorten the time.');
    };
    await page.locator('body').press('r');
    await page.waitForSelector('main .fault');
    expect(await textOf(page.locator('main .fault'))).toBe(
      'The question reads too many files: shorten the time.',
    );
    expect(await page.locator('.link').count()).toBe(links);
    watched.allowFaults();
  });

  it('asks again for another picture only where the question is another one', async () => {
    queries.answer = (query) => {
      const made = pairs(20).map((group) => ({ ...group, series: [1n, 2n, 3n, 4n] }));
      const answer = answerPairs(made)(query);
      return query.step === undefined ? answer : { ...answer, stepMs: (answer.toMs - answer.fromMs) / 4 };
    };
    await explore('&by=sourceWorkload,destinationWorkload');
    const askedFor = async (key: string, shown: string) => {
      await page.locator('body').press(key);
      await page.waitForSelector(`main .picture ${shown}`);
      return queries.asked.splice(0).map(({ step }) => step);
    };
    queries.asked.length = 0;
    expect(await askedFor('m', '.matrix')).toEqual([]);
    expect(await askedFor('c', '.chord')).toEqual([]);
    expect(await askedFor('a', '.area')).toEqual(['auto']);
    expect(await askedFor('l', '.line')).toEqual([]);
    expect(await askedFor('s', 'svg.sankey')).toEqual([undefined]);
  });

  it('shows what was chosen before it draws the picture of it, and the table after the picture', async () => {
    await explore('&by=sourceWorkload,destinationWorkload');
    const shown = await page.evaluate<string[]>(`new Promise((resolve) => {
      const states = [];
      const note = () => {
        const pressed = document.querySelector('.explore-controls [aria-pressed="true"]').textContent;
        const state = pressed + ' ' + document.querySelector('.picture svg').classList[0];
        if (states.at(-1) !== state) states.push(state);
        if (states.length === 3) resolve(states);
      };
      note();
      new MutationObserver(note).observe(document.querySelector('main'), { subtree: true, childList: true, attributes: true });
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'm', bubbles: true }));
    })`);
    expect(shown).toEqual(['Sankey sankey', 'Matrix sankey', 'Matrix matrix']);
    queries.answer = answerPairs(pairs(3));
    const rows = await page.evaluate<number[][]>(`new Promise((resolve) => {
      const states = [];
      const note = () => {
        const counts = ['.picture .cell', 'tbody tr'].map((one) => document.querySelectorAll(one).length);
        if (states.at(-1)?.join() !== counts.join()) states.push(counts);
        if (counts[1] === 3) resolve(states);
      };
      note();
      new MutationObserver(note).observe(document.querySelector('main'), { subtree: true, childList: true });
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'r', bubbles: true }));
    })`);
    expect(rows).toEqual([
      [20, 20],
      [3, 20],
      [3, 3],
    ]);
  });

  it('keeps the picture that is drawn until the answer for another one is there', async () => {
    await explore('&by=sourceWorkload,destinationWorkload');
    await page.locator('body').press('m');
    await page.waitForSelector('svg.matrix');
    const waiting = Promise.withResolvers<void>();
    queries.answer = async (query) => {
      await waiting.promise;
      return answerPairs(pairs(20))(query);
    };
    await page.locator('body').press('a');
    await page.waitForSelector('main [aria-busy="true"]');
    expect(await page.locator('svg.matrix').count()).toBe(1);
    waiting.resolve();
    await page.waitForSelector('main [aria-busy="false"]');
  });

  it('cancels what runs, and never asks twice at once by itself', async () => {
    let finish: (() => void) | undefined;
    await explore();
    queries.mostAtOnce = 0;
    queries.answer = async (query) => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return answerPairs(pairs(20))(query);
    };
    await page.locator('.shell-tools select').selectOption('5s');
    await until('a question', () => finish !== undefined);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Refresh' }).waitFor();
    finish!();
    expect(queries.mostAtOnce).toBe(1);
  });

  it('is the same again by its link', async () => {
    const search = '&from=6h&by=sourceNode,verdict&measure=packets&picture=matrix&top=50&where=port=53';
    await explore(search);
    expect(queries.asked.at(-1)).toEqual({
      from: '6h',
      to: 'now',
      where: 'port=53',
      by: ['sourceNode', 'verdict'],
      measures: ['packets', 'flows', 'deniedFlows'],
      top: 50,
    });
    expect(await page.locator('.button[aria-pressed="true"]').allTextContents()).toEqual(['6h', 'Matrix']);
  });

  it('saves a view for all who use the server, and opens it again', async () => {
    await explore('&by=sourceNode&picture=sankey');
    await page.locator('.views-menu summary').click();
    await page.getByLabel('name of this view').fill('nodes <b>');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'nodes <b>' }).waitFor();
    await using other = await browser.openPage(await newReader());
    await other.page.goto(`${server.url}/console/?page=explore`);
    await other.page.locator('.views-menu summary').click();
    await other.page.getByRole('link', { name: 'nodes <b>' }).click();
    await until('the view', () => queries.asked.at(-1)?.by?.join() === 'sourceNode');
  });

  it('says why there is nothing, and what to do', async () => {
    queries.answer = (query) => {
      const answer = madeAnswer(query.by ?? [], []);
      return { ...answer, coverage: { ...answer.coverage, coveredFromMs: undefined } };
    };
    await explore('&where=port=53');
    expect(await textOf(page.locator('.no-flows'))).toContain('No record of this time is stored');
    await page.getByRole('button', { name: 'Remove the filter' }).click();
    await until('no filter', () => parameter('where') === null);
  });

  it('draws nothing again when the pointer moves over a thousand groups', async () => {
    queries.answer = answerPairs(pairs(1_000));
    await explore('&top=1000');
    expect(await page.locator('.link').count()).toBeGreaterThan(300);
    const drawn = () =>
      page.locator('.picture svg').evaluate((svg) => svg.outerHTML.replaceAll(/ *( lit)?"/g, '"'));
    const before = await drawn();
    await page.locator('rect.node').first().hover();
    await page.waitForSelector('.tip');
    expect(await page.locator('.link.lit').count()).toBeGreaterThan(1);
    // Light is a class: nothing else is drawn again.
    expect(await drawn()).toBe(before);
  });
});
