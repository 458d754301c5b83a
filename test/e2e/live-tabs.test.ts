import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import { TestBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { startExporter } from '../support/ipfix.ts';
import { mainThreadUse, watchedMainThread } from '../support/main-thread.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/** The tabs of a browser share a stream, so that its other requests find a connection. */
const BROWSERS = 5;
const TABS_OF_EACH = 2;
const ROUNDS = 10;
const RECORDS_A_ROUND = 1_000;
const SHOWN_MS = 5_000;
const LONGEST_TURN_MS = 200;
const MOST_GROWTH = 100 * 2 ** 20;
const launcher = fileURLToPath(new URL('../../bin/weir', import.meta.url));

requires('chromium')('ten tabs of a real browser that follow flows at once', () => {
  it('show each flow soon, and the server that they follow stays prompt and small', async () => {
    using place = new TemporaryDirectory();
    const [ipfix, http] = [await freePort(), await freePort()];
    const settings = {
      listen: `tcp://127.0.0.1:${ipfix}`,
      http: { listen: `127.0.0.1:${http}` },
      metrics: { listen: 'off' },
      stateDirectory: place.file('state'),
    };
    writeFileSync(
      place.file('aggregator.yaml'),
      JSON.stringify({ activeFlowRecordTimeout: '1s', weir: settings }),
    );
    await using weir = new Program(
      [launcher, 'aggregator', '-c', place.file('aggregator.yaml')],
      watchedMainThread,
    );
    await until('the aggregator', () => weir.stderr.includes('weir: ready'));
    await using sender = await startExporter({ protocol: 'tcp', host: '127.0.0.1', port: ipfix });
    const link = `http://127.0.0.1:${http}/console/?page=flows&live=yes&token=${readFileSync(place.file('state/console/token'), 'utf8').trim()}`;
    await using browser = await TestBrowser.start();
    await using stack = new AsyncDisposableStack();
    const pages = [];
    for (let n = 0; n < BROWSERS; n++) {
      const visitor = await browser.newVisitor();
      for (let tab = 0; tab < TABS_OF_EACH; tab++) {
        const { page } = stack.use(await browser.openPage(visitor));
        await page.goto(link);
        await page.getByText('as they come').waitFor();
        pages.push(page);
      }
    }
    const followers = async () => {
      const accounts = (await (await fetch(`http://127.0.0.1:${http}/ledger`)).json()) as Account[];
      return accounts.filter(({ name }) => name.startsWith('http client'));
    };
    await until('a stream of each browser', async () => (await followers()).length === BROWSERS);

    await mainThreadUse(weir);
    const before = residentOctets(weir);
    const delaysMs: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      sender.exporter.send(batchOf(Array.from({ length: RECORDS_A_ROUND }, (_, row) => flowOf(round, row))));
      const sentMs = performance.now();
      await Promise.all(
        pages.map(async (page) => {
          await page.getByText(`round-${round}`).first().waitFor();
          delaysMs.push(performance.now() - sentMs);
        }),
      );
    }
    const { longestTurnMs } = await mainThreadUse(weir);
    for (const page of pages)
      await until('all records', async () =>
        (await page.locator('.found-line').textContent())!.startsWith('10,000 records'),
      );
    const accounts = await followers();
    expect(accounts.map(({ sent, dropped }) => ({ sent, dropped }))).toEqual(
      Array(BROWSERS).fill({ sent: ROUNDS * RECORDS_A_ROUND, dropped: {} }),
    );
    expect(delaysMs).toHaveLength(ROUNDS * pages.length);
    expect(Math.max(...delaysMs)).toBeLessThan(SHOWN_MS);
    expect(longestTurnMs).toBeLessThan(LONGEST_TURN_MS);
    expect(residentOctets(weir) - before).toBeLessThan(MOST_GROWTH);
  });
});

interface Account {
  readonly name: string;
  readonly sent: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** A whole flow, so that it is reported at once. */
function flowOf(round: number, row: number): FlowRecord {
  const nowMs = Date.now();
  return {
    flowStartMilliseconds: nowMs - 500,
    flowEndMilliseconds: nowMs,
    flowEndReason: 3,
    sourceIP: '10.0.0.1',
    destinationIP: '10.0.0.2',
    sourceTransportPort: 10_000 + row,
    destinationTransportPort: round,
    protocolIdentifier: 6,
    octetTotalCount: 1,
    octetDeltaCount: 1,
    packetTotalCount: 1,
    packetDeltaCount: 1,
    flowType: 3,
    sourceNodeName: 'node-a',
    sourcePodName: `round-${round}`,
    sourcePodNamespace: 'shop',
  };
}

function residentOctets({ process: { pid } }: Program): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) * 1024;
}
