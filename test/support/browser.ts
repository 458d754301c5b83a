import { writeFileSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { NetworkNamespace } from './namespace.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

/** For each step of a page, as `until`. */
const PATIENCE_MS = 120_000;

export interface BrowserOptions {
  /** Names and the addresses that they have for this browser: { 'evil.example': '127.0.0.1' }. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Where its connections come from, default the namespace of the test. */
  readonly namespace?: NetworkNamespace;
}

/** A real Chromium without a window, which ends with the test. Its suite requires 'chromium'. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #folder: TemporaryDirectory;

  private constructor(browser: Browser, folder: TemporaryDirectory) {
    this.#browser = browser;
    this.#folder = folder;
  }

  static async start({ hosts = {}, namespace }: BrowserOptions = {}): Promise<TestBrowser> {
    const rules = Object.entries(hosts).map(([name, address]) => `MAP ${name} ${address}`);
    const folder = new TemporaryDirectory();
    const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
    const browser = await chromium.launch({
      timeout: PATIENCE_MS,
      executablePath: namespace === undefined ? program : programInside(namespace, program, folder),
      args: ['--no-sandbox', ...(rules.length > 0 ? [`--host-resolver-rules=${rules.join(', ')}`] : [])],
    });
    return new TestBrowser(browser, folder);
  }

  /** Another user of the browser, who has none of the others' cookies. */
  async newVisitor(): Promise<BrowserContext> {
    const visitor = await this.#browser.newContext();
    visitor.setDefaultTimeout(PATIENCE_MS);
    return visitor;
  }

  /** An empty page, of a visitor of its own unless one is given. */
  async openPage(visitor?: BrowserContext): Promise<WatchedPage> {
    return WatchedPage.open(visitor ?? (await this.newVisitor()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    this.#folder[Symbol.dispose]();
  }
}

/** A program that runs another one in a namespace: Playwright starts only files. */
function programInside({ name }: NetworkNamespace, program: string, folder: TemporaryDirectory): string {
  const file = folder.file('chromium');
  writeFileSync(file, `#!/bin/sh\nexec ip netns exec ${name} ${program} "$@"\n`, { mode: 0o700 });
  return file;
}

/**
 * A page that notes what a page of the console never has. These are errors of scripts and in its console,
 * violations of its Content-Security-Policy, requests that fail, and requests to another origin than its own.
 * When it is disposed of, it fails the test that has not taken them.
 */
export class WatchedPage implements AsyncDisposable {
  readonly page: Page;
  #faults: string[] = [];
  #allowed: RegExp | undefined;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(visitor: BrowserContext): Promise<WatchedPage> {
    const page = await visitor.newPage();
    const watched = new WatchedPage(page);
    await page.addInitScript(reportViolations);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.text().startsWith(VIOLATION)) watched.#note(message.text());
    });
    page.on('pageerror', (error) => watched.#note(`script: ${error.message}`));
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText;
      if (why !== 'net::ERR_ABORTED') watched.#note(`request: ${request.url()}: ${why}`);
    });
    page.on('request', (request) => {
      if (request.isNavigationRequest() && request.frame() === page.mainFrame()) return;
      const { protocol, origin } = new URL(request.url());
      if (protocol === 'data:' || protocol === 'blob:') return;
      if (origin !== originOf(page.url())) watched.#note(`request to another origin: ${request.url()}`);
    });
    return watched;
  }

  /** What is wrong so far, which no longer fails the test. */
  takeFaults(): string[] {
    const taken = this.#faults;
    this.#faults = [];
    return taken;
  }

  /** Such faults, also those that the browser reports later, do not fail the test. */
  allowFaults(pattern = /(?:)/): void {
    this.#allowed = pattern;
    this.#faults = this.#faults.filter((fault) => !pattern.test(fault));
  }

  #note(fault: string): void {
    if (this.#allowed?.test(fault) !== true) this.#faults.push(fault);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
    if (this.#faults.length > 0) throw new Error(`the page has faults:\n${this.#faults.join('\n')}`);
  }
}

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : '');

const VIOLATION = 'violation of the policy:';
const reportViolations = `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
  console.info(${JSON.stringify(VIOLATION)}, violatedDirective, blockedURI, sample);
});`;
