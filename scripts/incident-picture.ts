/*
 * npm run -s incident-picture -- --alert NAME --from TIME --to TIME [--of MATCHERS] [--prometheus URL]
 * [--pace N] [--mark TIME=WORDS]…
 *
 * Draws an incident from a running Prometheus, as SVG on standard output: the alert's metric, its thresholds,
 * and when it was pending, firing and resolved. Times are RFC 3339. MATCHERS select one of several series
 * (node="a", link="eth0", direction="transmit"). N is how many times faster than shipped the rules run.
 * `incidents` lists the alerts that can be drawn.
 */
import { parseArgs } from 'node:util';
import { HttpApi } from '../test/support/http-api.ts';
import { type ChartLine, type ChartMoment, type ChartSpan, renderTimeChart } from './time-chart.ts';

interface Incident {
  title: string;
  valueAxis: string;
  format: (value: number) => string;
  /** The lines to draw, each a query for one series. `of` are matchers, `pace` divides durations. */
  lines: (of: string, pace: number) => (Omit<ChartLine, 'points'> & { query: string })[];
  /** Selects the alert among others of the same name. */
  matchers: string;
}

const colour = {
  signal: '#0969da',
  compared: '#8250df',
  usual: '#57606a',
  warning: '#bf8700',
  critical: '#cf222e',
  pending: '#fff1c2',
  firing: '#ffdcd7',
};

const utilization = 'node_link:weir_exporter_link_utilization:ratio_rate5m';

const incidents: Readonly<Record<string, Incident>> = {
  WeirLinkSaturated: {
    title: 'WeirLinkSaturated: the link of a node is full',
    valueAxis: '% of the link’s capacity',
    format: (ratio) => (ratio * 100).toFixed(0),
    lines: (of, pace) => [
      { name: 'octets sent', colour: colour.signal, query: `${utilization}{${of}}` },
      {
        name: 'mean of the last ten minutes, which is compared',
        colour: colour.compared,
        query: `avg_over_time(${utilization}{${of}}[${600_000 / pace}ms])`,
      },
      ...(['critical', 'warning'] as const).map((severity) => ({
        name: `threshold, ${severity}`,
        colour: colour[severity],
        dashed: true,
        query: `node:weir_threshold_link_utilization_${severity}:ratio and on (node) ${utilization}{${of}}`,
      })),
    ],
    matchers: 'severity="critical"',
  },
  WeirClusterSilent: {
    title: 'WeirClusterSilent: the whole cluster carries nothing',
    valueAxis: 'megabytes a second, all flows',
    format: (octets) => (octets / 1e6).toFixed(1),
    lines: (of) => [
      { name: 'traffic', colour: colour.signal, query: `cluster:weir_flow_bytes:rate5m{${of}}` },
      { name: 'counts as usual', colour: colour.usual, query: `cluster:weir_flow_bytes:usual{${of}}` },
      {
        name: 'threshold: a hundredth of the usual',
        colour: colour.critical,
        dashed: true,
        query: `cluster:weir_flow_bytes:usual{${of}} * on () group_left () weir:threshold:quiet_nothing:ratio`,
      },
    ],
    matchers: '',
  },
};

export interface PictureOptions {
  alert: string;
  /**
   * Matchers that select one of several: 'node="a", link="eth0", direction="transmit"'. Default: there is
   * one.
   */
  of?: string;
  from: Date;
  to: Date;
  /** How many times faster than shipped the rules run, default 1. */
  pace?: number;
  /** Events to mark, besides those of the alert. */
  marks?: readonly ChartMoment[];
}

/**
 * @param prometheus its URL, without a slash at the end
 * @returns SVG
 * @throws {Error} when Prometheus lacks a series to draw
 */
export async function incidentPicture(prometheus: string, options: PictureOptions): Promise<string> {
  const { alert, of = '', from, to, pace = 1, marks = [] } = options;
  const incident = incidents[alert];
  if (!incident) throw new Error(`no picture of ${alert}: there are ${Object.keys(incidents).join(', ')}`);
  const lineStepMs = Math.max(1_000, Math.ceil((to.getTime() - from.getTime()) / 600_000) * 1_000);
  const stateStepMs = lineStepMs / 10; // rules are evaluated at their own times
  const queryPoints = (query: string, stepMs: number) => pointsOf(prometheus, query, from, to, stepMs);

  const lines = await Promise.all(
    incident
      .lines(of, pace)
      .map(async ({ query, ...line }) => ({ ...line, points: await queryPoints(query, lineStepMs) })),
  );
  if (lines[0]!.points.length === 0)
    throw new Error(`${prometheus} has no data of ${alert} {${of}} in that time`);
  const states = await Promise.all(
    (['pending', 'firing'] as const).map(async (state) => {
      const matchers = [`alertname="${alert}"`, `alertstate="${state}"`, incident.matchers, of];
      const points = await queryPoints(`ALERTS{${matchers.filter(Boolean).join(', ')}}`, stateStepMs);
      return stretchesOf(points, stateStepMs).map(([begin, end]) => ({
        name: state,
        colour: colour[state],
        from: begin,
        to: end,
      }));
    }),
  );
  const spans = states.flat();
  return renderTimeChart({
    title: incident.title,
    subtitle: subtitleOf(from, to, pace),
    from: from.getTime(),
    to: to.getTime(),
    timeAxis: 'minutes:seconds',
    valueAxis: incident.valueAxis,
    format: incident.format,
    lines,
    spans,
    moments: [...marks, ...momentsOf(spans, to.getTime())],
  });
}

function subtitleOf(from: Date, to: Date, pace: number): string {
  const [day, begin] = from.toISOString().slice(0, 19).split('T');
  const recorded = `Recorded by Prometheus on ${day}, ${begin} to ${to.toISOString().slice(11, 19)} UTC`;
  if (pace === 1) return recorded;
  return `${recorded}; the rules ran ${pace} times faster than shipped: ${pace === 60 ? 'a second here is a minute there' : `a second here is ${pace} there`}`;
}

/** The alert's own moments: each time it becomes pending or firing, and when it stops firing. */
function momentsOf(spans: readonly ChartSpan[], end: number): ChartMoment[] {
  const begun = spans.map(({ name, from }) => ({ name, at: from }));
  const over = spans.filter(({ name, to }) => name === 'firing' && to < end);
  return [...begun, ...over.map(({ to }) => ({ name: 'resolved', at: to }))];
}

/** Ranges of consecutive points without a gap, from the first to after the last. */
function stretchesOf(points: ChartLine['points'], stepMs: number): [from: number, to: number][] {
  const found: [from: number, to: number][] = [];
  for (const [time] of points) {
    const last = found.at(-1);
    if (last && time <= last[1] + 1) last[1] = time + stepMs;
    else found.push([time, time + stepMs]);
  }
  return found;
}

async function pointsOf(
  prometheus: string,
  query: string,
  from: Date,
  to: Date,
  stepMs: number,
): Promise<ChartLine['points']> {
  const { data } = await new HttpApi(prometheus).getJson<{
    data: { result: { values: [seconds: number, value: string][] }[] };
  }>('/api/v1/query_range', {
    query,
    start: from.getTime() / 1000,
    end: to.getTime() / 1000,
    step: stepMs / 1000,
  });
  if (data.result.length > 1) {
    throw new Error(`${query} has ${data.result.length} series, and one can be drawn: tell more with --of`);
  }
  return (data.result[0]?.values ?? []).map(([seconds, value]) => [seconds * 1000, Number(value)]);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      alert: { type: 'string', default: '' },
      of: { type: 'string', default: '' },
      from: { type: 'string', default: '' },
      to: { type: 'string', default: new Date().toISOString() },
      pace: { type: 'string', default: '1' },
      mark: { type: 'string', multiple: true, default: [] },
      prometheus: { type: 'string', default: 'http://127.0.0.1:9090' },
    },
  });
  const picture = await incidentPicture(values.prometheus, {
    alert: values.alert,
    of: values.of,
    from: new Date(values.from),
    to: new Date(values.to),
    pace: Number(values.pace),
    marks: values.mark.map((mark) => {
      const [time, ...words] = mark.split('=');
      return { name: words.join('='), at: Date.parse(time!) };
    }),
  });
  process.stdout.write(picture);
}
