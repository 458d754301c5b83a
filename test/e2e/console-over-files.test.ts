import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { startWeir } from '../cli/weir.ts';
import { TestBrowser } from '../support/browser.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const pages = ['now', 'explore', 'flows', 'flows&live=yes', 'map', 'health'];

requires('chromium')('the console over files', () => {
  it('says on each page what only a running process knows, and asks for nothing that fails', async () => {
    using place = new HistoryPlace();
    using state = new TemporaryDirectory();
    {
      await using history = await place.open();
      await history.append(
        batchOf([{ sourceIP: '10.0.0.1', destinationIP: '10.0.0.2', octetDeltaCount: 700 }]),
      );
    }
    const words = ['console', '--from', 'history', '--directory', place.directory, '--http', '127.0.0.1:0'];
    await using program = startWeir(words, { environment: { WEIR_STATE: state.path } });
    const [, url] = await program.says(/answers on (http:\/\/\S+)\/console\//);
    const token = readFileSync(state.file('console/token'), 'utf8').trim();
    await using browser = await TestBrowser.start();
    await using watched = await browser.openPage();
    const { page } = watched;
    await page.goto(`${url}/console/?token=${token}`);

    /** What a page says once all its answers are there. */
    async function textOf(name: string): Promise<string> {
      await page.goto(`${url}/console/?page=${name}`);
      await page.waitForLoadState('networkidle');
      expect(await page.locator('.fault').allTextContents(), name).toEqual([]);
      return page.locator('main').innerText();
    }

    const said = new Map<string, string>();
    for (const name of pages) said.set(name, await textOf(name));
    expect(said.get('now')).toContain('only a running process knows what it has lost');
    expect(said.get('now')).toContain('only a running process has metrics');
    expect(said.get('now')).toContain('700 B');
    expect(said.get('explore')).toContain('10.0.0.1');
    expect(said.get('flows&live=yes')).toContain('only a running process has flows as they come');
    expect(said.get('flows&live=yes')).toContain('1 records of 1 stored');
    expect(said.get('health')).toContain('only a running aggregator knows its exporters');
    expect(said.get('health')).not.toContain('Weir is ready');
    expect(watched.takeFaults()).toEqual([]);
  });
});
