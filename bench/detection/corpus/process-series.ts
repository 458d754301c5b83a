import type { Reach } from '../engine/evaluation.ts';
import type { SeriesSlice } from '../engine/remote-write.ts';
import type { Random } from './random.ts';
import { type Scrapes, sliceOf, upOf } from './scrape.ts';
import { corpusMinutes } from './timeline.ts';
import type { Node, World } from './world.ts';

/* Metrics of agents and aggregator: links, conntrack, sessions, the ledger. All columns are by minute. */

type Labels = Readonly<Record<string, string>>;

const recordsPerSecond = 40;

export function* agentSeries(
  node: Node,
  scrapes: Scrapes,
  reach: Reach,
  random: Random,
): Generator<SeriesSlice> {
  const show = makeShow(scrapes, reach);
  yield* upSeries(scrapes, reach);
  const link = { node: node.name, link: 'eth0' };
  yield* show('weir_exporter_link_capacity_bytes_per_second', link, constantColumn(node.linkCapacity));
  for (const [direction, use] of [
    ['transmit', node.transmitUse],
    ['receive', node.receiveUse],
  ] as const) {
    const own = random.stream(direction);
    const octets = use.map((share) => Math.min(1, share * own.factor(0.03)) * node.linkCapacity * 60);
    yield* show('weir_exporter_link_bytes_total', { ...link, direction }, runningSum(octets));
    const packets = octets.map((value) => value / 900);
    yield* show('weir_exporter_link_packets_total', { ...link, direction }, runningSum(packets));
    const dropped = use.map((share) => (share > 0.97 ? 400 : 0));
    yield* show('weir_exporter_link_dropped_packets_total', { ...link, direction }, runningSum(dropped));
    yield* show('weir_exporter_link_errors_total', { ...link, direction }, constantColumn(0));
  }
  const entries = node.conntrackUse.map((share) => Math.round(share * node.conntrackMaximum));
  yield* show('antrea_agent_conntrack_total_connection_count', {}, entries);
  yield* show(
    'antrea_agent_conntrack_antrea_connection_count',
    {},
    entries.map((count) => Math.round(count * 0.7)),
  );
  yield* show('antrea_agent_conntrack_max_connection_count', {}, constantColumn(node.conntrackMaximum));
  yield* show('antrea_agent_denied_connection_count', {}, constantColumn(0));
  yield* show('antrea_agent_flow_collector_reconnection_count', {}, constantColumn(0));
  yield* show('weir_exporter_collector_connected', { node: node.name }, Float64Array.from(node.reports));
  yield* show(
    'weir_exporter_connections_begun_total',
    { node: node.name },
    runningSum(constantColumn(1_800)),
  );
  yield* show(
    'weir_exporter_connections_never_seen_total',
    { node: node.name },
    runningSum(constantColumn(1)),
  );
  yield* ledgerSeries(show, 'ipfix out', constantColumn(recordsPerSecond * 60), constantColumn(0));
  yield* show('weir_build_info', { version: '1.0.0', component: 'agent' }, constantColumn(1));
  yield* show('process_start_time_seconds', {}, constantColumn(scrapes.times[0]! / 1000 - 86_400));
}

export function* aggregatorSeries(world: World, scrapes: Scrapes, reach: Reach): Generator<SeriesSlice> {
  const { restarts } = world;
  const show = makeShow(scrapes, reach);
  yield* upSeries(scrapes, reach);
  const taken = constantColumn(0);
  for (const [row, node] of world.nodes.entries()) {
    const exporter = { exporter: node.address, domain: String(row + 1) };
    const last = new Float64Array(corpusMinutes);
    const lost = new Float64Array(corpusMinutes);
    const own = world.random.stream(`records of ${node.name}`);
    let heard = Number.NaN;
    for (let minute = 0; minute < corpusMinutes; minute++) {
      // a restarted aggregator knows only exporters that it has received records from
      if (restarts.has(minute)) heard = Number.NaN;
      if (node.reports[minute]) {
        heard = scrapes.times[minute]! / 1000 - own.uniform(0, 5);
        taken[minute]! += recordsPerSecond * 60 * (1 - node.lostShare[minute]!);
        lost[minute] = own.poisson(recordsPerSecond * 60 * node.lostShare[minute]!);
      }
      last[minute] = heard;
    }
    yield* show('weir_collector_exporter_last_record_timestamp_seconds', exporter, last);
    yield* show('weir_collector_lost_records_total', exporter, runningSum(lost, restarts));
  }
  const sessions = new Float64Array(corpusMinutes).map((_, minute) =>
    world.nodes.reduce((sum, node) => sum + node.reports[minute]!, 0),
  );
  yield* show('weir_collector_sessions', {}, sessions);
  for (const component of ['ipfix in', 'aggregator'])
    yield* ledgerSeries(show, component, taken, constantColumn(0), restarts);
  yield* show('weir_aggregator_flows', {}, constantColumn(20_000));
  yield* show('weir_sink_queue_records', { sink: 'json-lines' }, constantColumn(120));
  yield* show('weir_sink_queue_limit', { sink: 'json-lines' }, constantColumn(100_000));
  yield* show('weir_sink_up', { sink: 'json-lines' }, constantColumn(1));
  yield* show('weir_metrics_series', { grouping: 'workload' }, constantColumn(world.edges.length * 2));
  yield* show('weir_metrics_series_limit', { grouping: 'workload' }, constantColumn(10_000));
  yield* show('weir_metrics_folded_series_total', { grouping: 'workload' }, constantColumn(0));
  yield* show('weir_build_info', { version: '1.0.0', component: 'aggregator' }, constantColumn(1));
  let startedSeconds = scrapes.times[0]! / 1000 - 86_400;
  const started = constantColumn(0).map((_, minute) => {
    if (restarts.has(minute)) startedSeconds = scrapes.times[minute]! / 1000 - 30;
    return startedSeconds;
  });
  yield* show('process_start_time_seconds', {}, started);
}

type Show = (name: string, labels: Labels, values: ArrayLike<number>) => Generator<SeriesSlice>;

export function makeShow(scrapes: Scrapes, reach: Reach): Show {
  return function* (name, labels, values) {
    const from = reach(name);
    if (from !== undefined) yield sliceOf(name, labels, scrapes, values, from);
  };
}

function* upSeries(scrapes: Scrapes, reach: Reach): Generator<SeriesSlice> {
  const from = reach('up');
  if (from !== undefined) yield upOf(scrapes, from);
}

function* ledgerSeries(
  show: Show,
  component: string,
  received: Float64Array,
  dropped: Float64Array,
  restarts?: ReadonlySet<number>,
): Generator<SeriesSlice> {
  const unit = { component, unit: 'records' };
  yield* show('weir_ledger_received_total', unit, runningSum(received, restarts));
  yield* show('weir_ledger_sent_total', unit, runningSum(received, restarts));
  yield* show('weir_ledger_dropped_total', { ...unit, reason: 'queue-full' }, runningSum(dropped, restarts));
  yield* show('weir_ledger_held', unit, constantColumn(0));
  yield* show('weir_ledger_difference', unit, constantColumn(0));
}

export function constantColumn(value: number): Float64Array {
  return new Float64Array(corpusMinutes).fill(value);
}

function runningSum(added: Float64Array, restarts?: ReadonlySet<number>): Float64Array {
  let sum = 0;
  return added.map((value, minute) => {
    if (restarts?.has(minute)) sum = 0;
    sum += Number.isNaN(value) ? 0 : value;
    return sum;
  });
}
