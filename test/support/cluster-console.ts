import { readFileSync } from 'node:fs';
import { TestBrowser, type WatchedPage } from './browser.ts';
import type { FlowReader } from './flow-readers.ts';
import type { NetworkNamespace } from './namespace.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

/** What somebody reads off a picture of the console: "shop → bank", and the octets. */
export type DrawnOctets = Readonly<Record<string, string>>;

const isolates = /[\u2068\u2069]/g;

/** The console of the aggregator of a cluster, as a reader sees it in a browser on a node. */
export class ClusterConsole implements AsyncDisposable {
  readonly #parts: AsyncDisposableStack;
  readonly #page: WatchedPage;
  readonly #url: string;

  private constructor(parts: AsyncDisposableStack, page: WatchedPage, url: string) {
    this.#parts = parts;
    this.#page = page;
    this.#url = url;
  }

  static async open(reader: FlowReader, node: NetworkNamespace): Promise<ClusterConsole> {
    await using parts = new AsyncDisposableStack();
    const folder = parts.use(new TemporaryDirectory());
    const program = parts.use(reader.startConsole(folder.path));
    const [, url] = await program.says(/answers on (http:\/\/\S+\/console\/)/);
    const browser = parts.use(await TestBrowser.start({ namespace: node }));
    const page = parts.use(await browser.openPage());
    await page.page.goto(`${url}?token=${readFileSync(folder.file('console/token'), 'utf8').trim()}`);
    return new ClusterConsole(parts.move(), page, url!);
  }

  /** The edges that the map draws, and those in the table below it. */
  async map(search: string): Promise<{ readonly drawn: DrawnOctets; readonly listed: DrawnOctets }> {
    await this.#open(`page=map&edges=1000&${search}`, 'svg.map');
    const rows = await this.#page.page.locator('section[aria-label="edges"] tbody tr').all();
    const listed = rows.map(async (row) => {
      const ends = await row.locator('td.value').allTextContents();
      return [ends.join(' → '), await row.locator('[data-count]').getAttribute('data-count')];
    });
    return { drawn: await this.#marks('.map-edge'), listed: Object.fromEntries(await Promise.all(listed)) };
  }

  /** The links between the columns of a sankey. */
  async sankey(search: string): Promise<DrawnOctets> {
    await this.#open(`page=explore&top=1000&${search}`, 'svg.sankey');
    return this.#marks('.sankey .link[data-mark]');
  }

  async #open(search: string, picture: string): Promise<void> {
    const { page } = this.#page;
    await page.goto(`${this.#url}?from=1h&${search}`);
    await page.locator(`${picture}, .no-flows`).first().waitFor();
    await page.locator('main [aria-busy="true"]').first().waitFor({ state: 'detached' });
  }

  async #marks(selector: string): Promise<DrawnOctets> {
    const marks = await this.#page.page.locator(selector).all();
    const texts = marks.map(async (mark) => {
      const label = await mark.getAttribute('aria-label');
      return [label!.replace(isolates, '').split(': ')[0], await mark.getAttribute('data-count')];
    });
    return Object.fromEntries(await Promise.all(texts));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync();
  }
}
