import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { startWeir } from '../cli/weir.ts';
import { TestBrowser } from '../support/browser.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/** Of each kind, and of those with a token: more than the server has places for. */
const SOCKETS = 60;
const WITH_TOKEN = 300;
/** Slow clients are patient. */
const REDIAL_MS = 2_000;
const ATTACKER = '127.0.0.2';
const LOADS = 5;

const head = 'host: localhost\r\n';

/** Sockets that one address opens, and again when they are closed, until the test ends. */
class Attack implements Disposable {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #isOver = false;
  /** Sockets that the server has closed. */
  closed = 0;

  constructor(port: number) {
    this.#port = port;
  }

  open(request: string, isHalfClosed = false): void {
    if (this.#isOver) return;
    const socket = connect({ port: this.#port, host: '127.0.0.1', localAddress: ATTACKER });
    this.#sockets.add(socket.on('error', () => {}).resume());
    if (isHalfClosed) socket.end(request);
    else socket.write(request);
    socket.on('close', () => {
      this.closed++;
      this.#sockets.delete(socket);
      setTimeout(() => this.open(request, isHalfClosed), REDIAL_MS);
    });
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.destroy();
  }
}

requires('chromium')('the console while one address keeps as many connections as it can', () => {
  it('opens within two seconds each time, and counts what it closes', async () => {
    using place = new HistoryPlace();
    using state = new TemporaryDirectory();
    {
      await using history = await place.open();
      await history.append(batchOf([{ sourceIP: '10.0.0.1', octetDeltaCount: 700 }]));
    }
    const words = ['console', '--from', 'history', '--directory', place.directory, '--http', '127.0.0.1:0'];
    await using program = startWeir(words, { environment: { WEIR_STATE: state.path } });
    const [, url] = await program.says(/answers on (http:\/\/\S+)\/console\//);
    const token = readFileSync(state.file('console/token'), 'utf8').trim();
    await using browser = await TestBrowser.start();
    const visitor = await browser.newVisitor();
    await using watched = await browser.openPage(visitor);
    const { page } = watched;
    await page.goto(`${url}/console/?token=${token}`);

    using attack = new Attack(Number(new URL(url!).port));
    const body = `POST /query HTTP/1.1\r\n${head}content-length: 1000\r\n`;
    for (let n = 0; n < WITH_TOKEN; n++) attack.open(`${body}authorization: Bearer ${token}\r\n\r\n{`);
    for (let n = 0; n < SOCKETS; n++) {
      attack.open(`GET /console/ HTTP/1.1\r\n${head}x: `);
      attack.open(`${body}\r\n{`);
      attack.open(`GET /healthz HTTP/1.1\r\n${head}\r\n`);
      attack.open('', true);
    }
    await until('the bound', () => attack.closed > SOCKETS);

    for (let n = 0; n < LOADS; n++) {
      const startMs = performance.now();
      await page.goto(`${url}/console/?page=health`);
      await page.waitForSelector('main h1', { state: 'attached' });
      expect(performance.now() - startMs).toBeLessThan(2_000);
    }
    expect(watched.takeFaults()).toEqual([]);
    await page.goto('about:blank');
    await program.says(/closed a connection: 256 are open already, or 192 of its address/);
    await program.stop('SIGINT');
    expect(program.stderr).toMatch(/console connections.*closed for others/);
  });
});
