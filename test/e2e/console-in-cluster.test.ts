import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { guardedRoutes, RecentFlows } from '../../src/api/index.ts';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import { FileCertificate, HttpServer } from '../../src/http/index.ts';
import { QueryDesk } from '../../src/query/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { startWeir } from '../cli/weir.ts';
import { TestBrowser } from '../support/browser.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { type Kubernetes, startKubernetes } from '../support/kubernetes.ts';
import { guardOf, makeReader, makeReaderRole } from '../support/real-readers.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { TestAuthority } from '../support/test-authority.ts';

const between = (
  sourcePodNamespace: string,
  destinationPodNamespace: string,
  octets: number,
): FlowRecord => ({
  ...{ sourcePodNamespace, sourcePodName: 'client', sourceIP: '10.0.0.1' },
  ...{ destinationPodNamespace, destinationPodName: 'server', destinationIP: '10.0.0.2' },
  ...{ octetDeltaCount: octets, protocolIdentifier: 6 },
});
const flows = [
  between('shop', 'bank', 1_000),
  between('bank', 'dev', 20_000),
  between('shop', 'shop', 300_000),
  between('dev', 'dev', 4_000_000),
];

/** An aggregator with these flows in its history, whose callers a real API server knows. */
async function startAggregator(kubernetes: Kubernetes, folder: TemporaryDirectory, directory: string) {
  const authority = new TestAuthority(folder.path);
  const paths = authority.issue('aggregator', { names: ['IP:127.0.0.1'] });
  const [clock, ledger, log] = [systemClock, new Ledger(), new Log(systemClock, () => {})];
  const queries = new QueryDesk(clock);
  const routes = guardedRoutes(
    {
      ...{ clock, ledger, log, queries },
      recent: new RecentFlows(clock, ledger, { windowMs: 60_000, maxOctets: 1_000_000 }),
      history: () => directory,
      keepEvent: () => undefined,
      listing: { flowBatches: () => [] },
      recordMetrics: () => {
        throw new Error('nobody here may ask');
      },
      collectors: () => [],
      exporters: () => [],
      metrics: async (_, response) => void response.end(),
      readiness: { isReady: true, problems: [] },
    },
    guardOf(kubernetes, kubernetes.tokenOf('admin')),
  );
  const certificate = new FileCertificate(paths, { name: 'api', clock, log });
  const server = new HttpServer({ host: '', port: 0 }, routes, log, {
    https: { certificate, minVersion: 'VersionTLS12' },
  });
  await server.start();
  return {
    port: new URL(server.url).port,
    ca: readFileSync(authority.caFile, 'utf8'),
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await queries.stop();
    },
  };
}

requires(
  'kubernetes',
  'openssl',
  'chromium',
)('the console of a cluster', () => {
  it('shows three readers their flows, and says what they may not read without asking for it', async () => {
    using folder = new TemporaryDirectory();
    using place = new HistoryPlace();
    {
      await using history = await place.open();
      await history.append(batchOf(flows));
    }
    await using kubernetes = await startKubernetes();
    await using aggregator = await startAggregator(kubernetes, folder, place.directory);
    await makeReaderRole(kubernetes);
    await makeReader(kubernetes, 'shop', 'weir-flow-reader');
    await makeReader(kubernetes, 'bank', 'weir-flow-reader');
    await makeReader(kubernetes, 'dev', undefined);
    const namespace = 'flow-aggregator';
    await kubernetes.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await kubernetes.admin.create({
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'flow-aggregator-ca', namespace } },
      data: { 'ca.crt': aggregator.ca },
    });
    await using browser = await TestBrowser.start();

    /** The rows of Explore, and the records of Flows, as somebody sees them in a browser. */
    async function seenBy(account: string, hasFlows = true) {
      const state = folder.file(account);
      const environment = {
        KUBECONFIG: kubernetes.kubeconfig('admin', kubernetes.tokenOf('admin')),
        WEIR_STATE: state,
      };
      const server = `https://127.0.0.1:${aggregator.port}`;
      const whom = ['--context', 'test', '--service-account', `${account}/${account}`, '--server', server];
      await using program = startWeir(['console', ...whom, '--http', '127.0.0.1:0'], { environment });
      const [, url] = await program.says(/answers on (http:\/\/\S+)\/console\//);
      const token = readFileSync(`${state}/console/token`, 'utf8').trim();
      await using watched = await browser.openPage();
      const { page } = watched;
      await page.goto(`${url}/console/?token=${token}`);
      await page.waitForSelector('main');
      await page.goto(`${url}/console/?page=explore&by=sourceNamespace,destinationNamespace&from=1h`);
      await page.waitForSelector('tbody tr, .no-flows');
      const rows = await page.locator('tbody tr').allTextContents();
      await page.goto(`${url}/console/?page=flows&from=1h`);
      await page.waitForSelector(hasFlows ? '.flow-table tbody td[title]' : '.found-line');
      const text = (await page.locator('main').textContent())!;
      await page.goto(`${url}/console/?page=health`);
      await page.getByText('You may not read /exporters of this aggregator').waitFor();
      await page.getByText('You may not read /ledger of this aggregator').waitFor();
      await page.goto(`${url}/console/?page=now`);
      await page.getByText('You may not read /metrics of this aggregator').waitFor();
      expect(await page.locator('.fault').count()).toBe(0);
      return { rows, text };
    }

    const shop = await seenBy('shop');
    expect(shop.rows).toHaveLength(2);
    expect(shop.rows.join()).not.toMatch(/bank|dev/);
    expect(shop.text).toContain('shop');
    expect(shop.text).not.toMatch(/bank|dev\b/);
    const bank = await seenBy('bank');
    expect(bank.rows).toHaveLength(2);
    expect(bank.rows.join()).not.toMatch(/shop|dev/);
    const dev = await seenBy('dev', false);
    expect(dev.rows).toEqual([]);
    expect(dev.text).not.toMatch(/shop|bank/);
  });
});
