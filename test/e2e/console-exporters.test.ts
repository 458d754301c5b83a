import { expect, it } from 'vitest';
import { exportersRoute } from '../../src/api/index.ts';
import { healthRoutes, ledgerRoute, metricsRoute } from '../../src/http/index.ts';
import { Ledger, systemClock } from '../../src/runtime/index.ts';
import { TestBrowser } from '../support/browser.ts';
import { ConsoleServer } from '../support/console-server.ts';
import { manyExporters } from '../support/made-exporters.ts';
import { requires } from '../support/requires.ts';

const COUNT = 10_000;

requires('chromium')('the page Health', () => {
  it('lists the exporters that need a look of ten thousand, and how many it leaves out', async () => {
    const exporters = manyExporters(COUNT);
    const routes = {
      ...ledgerRoute(new Ledger()),
      ...healthRoutes({ isReady: true, problems: [] }),
      ...metricsRoute(async (_, response) => void response.end('')),
      '/exporters': exportersRoute(() => exporters, systemClock),
    };
    await using server = await new ConsoleServer({ routes }).start();
    await using browser = await TestBrowser.start();
    await using watched = await browser.openPage();
    const { page } = watched;
    const answered = page.waitForResponse((response) => response.url().includes('/exporters'));
    await page.goto(`${server.link}&page=health`);
    expect((await (await answered).body()).length).toBeLessThan(200_000);
    const rows = page.locator('section[aria-label="exporters"] tbody tr');
    await rows.first().waitFor();
    expect(await rows.count()).toBe(200);
    expect(await rows.first().textContent()).toContain('node-9999');
    expect(await page.locator('section[aria-label="exporters"]').textContent()).toContain(
      '9,800 more are left out: weir get exporters lists all.',
    );
    watched.allowFaults(); // there is no history
  });
});
