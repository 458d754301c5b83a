/*
 * npm run example:observability [-- --usual SECONDS] [--logs victorialogs|loki] [--pictures DIRECTORY] [--once]
 *
 * Starts Weir on two nodes, Prometheus, Alertmanager and VictoriaLogs or Loki, makes traffic, stops it, fills a link, and prints the pages as they come. With
 * --once it ends after that, else it goes on until Ctrl-C. Needs root, and leaves nothing but the pictures.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { incidentPicture } from '../../scripts/incident-picture.ts';
import type { ChartMoment } from '../../scripts/time-chart.ts';
import { HttpApi } from '../../test/support/http-api.ts';
import type { Program } from '../../test/support/program.ts';
import { type LogStore, logStores } from './log-store.ts';
import { type Page, Pager } from './pager.ts';
import { findPrograms } from './programs.ts';
import { pace, Stage } from './stage.ts';
import { list, more, seconds, tell, tellPage } from './telling.ts';

const patienceMs = 180_000;

/** What is drawn at the end: an alert, its time, and what happened meanwhile. */
interface Incident {
  alert: string;
  /** Matchers that tell it from others of its name. */
  of: string;
  from: Date;
  marks: ChartMoment[];
}

const { usual, logs, pictures, once } = parseArgs({
  options: {
    usual: { type: 'string', default: '60' },
    logs: { type: 'string', default: 'victorialogs' },
    pictures: { type: 'string' },
    once: { type: 'boolean', default: false },
  },
}).values;

// whatever is open goes away at the process's end, however that comes
process.prependOnceListener('SIGINT', () => {
  console.log();
  tell('All of it is removed.');
  process.exit(0);
});

try {
  await run();
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
process.exit(0);

async function run(): Promise<void> {
  const store = logStores[logs];
  if (store === undefined) {
    throw new Error(`--logs: expected ${Object.keys(logStores).join(' or ')}, found "${logs}"`);
  }
  const programs = findPrograms(store);
  tell('Two nodes and an aggregator start, each in a network namespace of its own.');
  const stage = await Stage.build(store);
  const pager = new Pager(stage.namespace, 8080, tellPage);

  tell('1. Usual traffic from node-a to node-b: half a megabyte a second, and a health check each second.');
  stage.startHealthChecks();
  const work = stage.startWork();
  const alertmanager = await stage.startAlertmanager(programs.alertmanager);
  const prometheus = await stage.startPrometheus(programs.prometheus);
  const lines = await stage.startLogStore(programs, store);
  more(`Prometheus, ${store.title} and Alertmanager run. To look at in a browser on this host meanwhile:`);
  list([
    ...(await addresses(prometheus, alertmanager)),
    ['the last flows, one a line', lines + store.lastFlows],
  ]);
  more(`Rules are ${pace} times faster than shipped: their hour is a minute here, their minute a second.`);
  const from = new Date();
  await delay(Number(usual) * 1000);

  const incidents = [
    await quiet(stage, pager, prometheus, work, from),
    await saturation(stage, pager, () => tellWhoFills(store, lines)),
  ];
  if (pictures) await draw(prometheus, incidents, pictures);
  if (once) return tell('That was it. All of it is removed.');
  tell('That was it. The usual traffic goes on: look around, and end it with Ctrl-C.');
  await new Promise(() => {});
}

/** Traffic that stops, and comes again when somebody has been paged; it goes on then. */
async function quiet(
  stage: Stage,
  pager: Pager,
  prometheus: string,
  work: Program,
  from: Date,
): Promise<Incident> {
  const alert = { alertname: 'WeirClusterSilent' };
  tell(
    '2. The traffic stops; only the health checks go on. After five minutes of nothing, and five more, somebody is to be paged.',
  );
  await work.stop();
  const stopped = Date.now();
  const page = await pager.paged(alert, 'firing', patienceMs);
  more(`That was ${seconds(page.arrivedAtMs - stopped)} after the traffic stopped.`);
  await explainDelay(prometheus, page.arrivedAtMs - stopped);
  more(
    'Each node and workload is silent, too. Alertmanager holds those alerts back, as this one says it all.',
  );
  await delay(5_000);

  tell(
    '3. The traffic is back. The alert stays for half an hour, so that a fault that comes and goes is one page.',
  );
  stage.startWork();
  const back = Date.now();
  const over = await pager.paged(alert, 'resolved', patienceMs);
  const marks = [
    { name: 'traffic stops', at: stopped },
    { name: 'traffic is back', at: back },
  ];
  return { alert: alert.alertname, of: '', from, marks: [...marks, ...arrivals(page, over)] };
}

/** A link that is filled until somebody has been paged, and has looked who does it. */
async function saturation(stage: Stage, pager: Pager, look: () => Promise<void>): Promise<Incident> {
  const link = { node: 'node-a', link: 'underlay', direction: 'transmit' };
  const alert = { alertname: 'WeirLinkSaturated', ...link };
  const from = new Date();
  await delay(10_000); // what comes before belongs into the picture
  tell(
    '4. Somebody sends half as much again as the link between the nodes carries, which is a megabyte a second.',
  );
  const flood = stage.startFlood();
  const full = Date.now();
  const page = await pager.paged(alert, 'firing', patienceMs);
  more(
    `That was ${seconds(page.arrivedAtMs - full)} after the flood began: the mean of ten minutes has to be too high for five. What is lost on the way is a page of its own.`,
  );
  await delay(10_000);
  await look();

  tell('5. The flood ends. The alert stays for ten minutes after the mean has fallen.');
  await flood.stop();
  const ended = Date.now();
  const over = await pager.paged(alert, 'resolved', patienceMs);
  const marks = [
    { name: 'flood begins', at: full },
    { name: 'flood ends', at: ended },
  ];
  const of = Object.entries(link).map(([name, value]) => `${name}="${value}"`);
  return { alert: alert.alertname, of: of.join(', '), from, marks: [...marks, ...arrivals(page, over)] };
}

/** The page names the link; the lines of flows name who is on it. */
async function tellWhoFills(store: LogStore, url: string): Promise<void> {
  const most = await store.biggestSender(url, 30);
  if (most === undefined) return more(`${store.title} has no lines of the last 30 seconds.`);
  const { sourceIP, destinationIP, destinationTransportPort, protocol, octets } = most;
  tell(
    `${store.title} says who fills it: ${sourceIP} has sent ${(octets / 1e6).toFixed(1)} MB to ${destinationIP}, ${protocol} port ${destinationTransportPort}, in the last 30 s.`,
  );
}

function arrivals(...pages: Page[]): ChartMoment[] {
  return pages.map(({ status, arrivedAtMs }) => ({ name: `page: ${status}`, at: arrivedAtMs }));
}

/** On a busy machine a scrape may fail, and then quiet alerts wait until Weir has seen for half an hour. */
async function explainDelay(prometheus: string, ms: number): Promise<void> {
  if (ms < 30_000) return;
  const query = `last_over_time(pipeline:weir_blind:info[${Math.ceil(ms / 1000)}s])`;
  const { data } = await new HttpApi(prometheus).getJson<{
    data: { result: { metric: { reason: string } }[] };
  }>('/api/v1/query', { query });
  const reasons = data.result.map(({ metric }) => metric.reason);
  if (reasons.length > 0) more(`It is so late because Weir did not see for a moment: ${reasons.join(', ')}.`);
}

/** Writes a picture of each incident, from what Prometheus has recorded. */
async function draw(prometheus: string, incidents: Incident[], directory: string): Promise<void> {
  await delay(5_000); // so that no picture ends with its last moment
  mkdirSync(directory, { recursive: true });
  for (const { alert, of, from, marks } of incidents) {
    const to = new Date(Math.max(...marks.map(({ at }) => at)) + 5_000);
    const file = join(directory, `${alert}.svg`);
    writeFileSync(file, await incidentPicture(prometheus, { alert, of, from, to, pace, marks }));
    tell(`Picture: ${file}`);
  }
}

/** A Prometheus that is built from its Go module alone has no pages; a browser can still read its answers. */
async function addresses(prometheus: string, alertmanager: string): Promise<[what: string, url: string][]> {
  const hasPages = (await fetch(`${prometheus}/graph`)).ok;
  const graph = hasPages ? 'graph?g0.tab=0&g0.range_input=5m&g0.expr=' : 'api/v1/query?query=';
  const shown = (expression: string) => `${prometheus}/${graph}${encodeURIComponent(expression)}`;
  return [
    ['alerts', `${prometheus}/${hasPages ? '' : 'api/v1/'}alerts`],
    ['who is paged', `${alertmanager}/#/alerts`],
    ['traffic, octets a second', shown('cluster:weir_flow_bytes:rate5m')],
    ['fullness of links, 0 to 1', shown('node_link:weir_exporter_link_utilization:ratio_rate5m')],
    ['who sends what to whom', shown('rate(weir_flow_workload_bytes_total[5s])')],
  ];
}
