import { writeFileSync } from 'node:fs';
import { serverProgram } from './built-servers.ts';
import { HttpApi, type Parameters } from './http-api.ts';
import { listenAddress, Server, type ServerPlace, startServer } from './server.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

/*
 * A real Prometheus, for tests that require('prometheus'):
 *
 *   await using prometheus = await startPrometheus({ scrape: { 'weir-agent': ['127.0.0.1:9465'] } });
 *   await until('a scrape', async () => (await prometheus.query('up == 1')).length > 0);
 */

/** The parts of prometheus.yml that tests set. */
export interface PrometheusSetup {
  /** Job names, each with its targets ('host:port') or the rest of its scrape configuration. */
  scrape?: Record<string, readonly string[] | object>;
  /** How often targets are scraped and rules evaluated, default 1. */
  intervalSeconds?: number;
  /** Paths. */
  ruleFiles?: readonly string[];
  /** 'host:port' of each. */
  alertmanagers?: readonly string[];
  /** Further parts of prometheus.yml: otlp, storage, global's external_labels … */
  more?: { global?: object; [part: string]: unknown };
}

export interface PrometheusOptions extends PrometheusSetup, ServerPlace {
  /** Default: a folder that disappears with the server. Give one to start on existing data. */
  dataDirectory?: string;
  /** For --enable-feature. */
  features?: readonly string[];
  /** Further options of the command line. */
  options?: readonly string[];
}

export type Labels = Record<string, string>;

export interface Sample {
  /** With __name__, if it has one. */
  labels: Labels;
  value: number;
}

export interface Series {
  labels: Labels;
  /** Milliseconds since 1970, value. */
  points: [timeMs: number, value: number][];
}

export interface Target {
  labels: Labels;
  scrapeUrl: string;
  health: 'up' | 'down' | 'unknown';
  /** '' when there was none. */
  lastError: string;
}

export interface Alert {
  labels: Labels;
  annotations: Labels;
  state: 'pending' | 'firing';
  value: string;
}

export interface Rule {
  name: string;
  type: 'alerting' | 'recording';
  health: 'ok' | 'err' | 'unknown';
  /** Undefined when there was none. */
  lastError?: string;
}

/**
 * In PromQL, the last points of series that had one within ten seconds. A busy machine misses single scrapes,
 * and OTLP does not report the end of a series.
 */
export const latestOf = (selector: string): string => `last_over_time(${selector}[10s])`;

const ready = [/msg="Listening on" .*address=(\S+)/, /msg="Server is ready to receive web requests\."/];

/** Starts Prometheus, which also receives OTLP, and waits until it is ready. */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<Prometheus> {
  const { server, said } = await startServer(
    options,
    (directory) => prometheusCommand(directory, options),
    ready,
  );
  return new Prometheus(server, new HttpApi(`http://${said[0]![1]}`, options.namespace));
}

function prometheusCommand(directory: TemporaryDirectory, options: PrometheusOptions): string[] {
  const { dataDirectory = directory.file('data'), features = [] } = options;
  const configuration = directory.file('prometheus.yml');
  writeFileSync(configuration, prometheusYaml(options));
  return [
    serverProgram('prometheus'),
    `--config.file=${configuration}`,
    `--storage.tsdb.path=${dataDirectory}`,
    `--web.listen-address=${listenAddress(options)}`,
    '--web.enable-lifecycle',
    '--web.enable-otlp-receiver',
    '--scrape.discovery-reload-interval=100ms', // else the first scrape would wait for seconds
    ...features.map((feature) => `--enable-feature=${feature}`),
    ...(options.options ?? []),
  ];
}

export class Prometheus extends Server {
  readonly #api: HttpApi;

  constructor({ program, directory }: Server, api: HttpApi) {
    super(program, directory);
    this.#api = api;
  }

  /** Without a slash at its end. */
  get url(): string {
    return this.#api.url;
  }

  /** The URL for OTLP metrics (http/protobuf). */
  get otlpUrl(): string {
    return `${this.url}/api/v1/otlp/v1/metrics`;
  }

  /** The value of an expression that is a vector, or a scalar (one sample without labels). */
  async query(expression: string, time?: Date): Promise<Sample[]> {
    const { resultType, result } = await this.#ask<InstantResult>('query', {
      query: expression,
      time: time && time.getTime() / 1000,
    });
    if (resultType === 'scalar') return [{ labels: {}, value: numberOf(result[1]) }];
    return result.map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }));
  }

  async queryRange(expression: string, start: Date, end: Date, stepSeconds: number): Promise<Series[]> {
    const { result } = await this.#ask<RangeResult>('query_range', {
      query: expression,
      start: start.getTime() / 1000,
      end: end.getTime() / 1000,
      step: stepSeconds,
    });
    return result.map(({ metric, values }) => ({
      labels: metric,
      points: values.map(([seconds, value]) => [seconds * 1000, numberOf(value)]),
    }));
  }

  /** The label sets of the series that match any of these selectors. */
  series(...selectors: string[]): Promise<Labels[]> {
    return this.#ask('series', { 'match[]': selectors });
  }

  /** The metadata of metrics by name: type, help and unit, from the targets. */
  metadata(): Promise<Record<string, { type: string; help: string; unit: string }[]>> {
    return this.#ask('metadata', {});
  }

  async targets(): Promise<Target[]> {
    const { activeTargets } = await this.#ask<{ activeTargets: Target[] }>('targets', { state: 'active' });
    return activeTargets;
  }

  async alerts(): Promise<Alert[]> {
    return (await this.#ask<{ alerts: Alert[] }>('alerts', {})).alerts;
  }

  async rules(): Promise<Rule[]> {
    const { groups } = await this.#ask<{ groups: { rules: Rule[] }[] }>('rules', {});
    return groups.flatMap(({ rules }) => rules);
  }

  /** Loads another setup, or reloads the rule files. Throws with Prometheus's complaint. */
  async reload(setup?: PrometheusSetup): Promise<void> {
    if (setup) writeFileSync(this.directory.file('prometheus.yml'), prometheusYaml(setup));
    await this.#api.post('/-/reload');
  }

  async #ask<T>(endpoint: string, parameters: Parameters): Promise<T> {
    return (await this.#api.getJson<{ data: T }>(`/api/v1/${endpoint}`, parameters)).data;
  }
}

type InstantResult =
  | { resultType: 'scalar'; result: [number, string] }
  | { resultType: 'vector'; result: { metric: Labels; value: [number, string] }[] };

interface RangeResult {
  result: { metric: Labels; values: [number, string][] }[];
}

/** Prometheus writes infinity as +Inf. */
function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function prometheusYaml(setup: PrometheusSetup): string {
  const { scrape = {}, intervalSeconds = 1, ruleFiles = [], alertmanagers = [], more = {} } = setup;
  const interval = `${intervalSeconds * 1000}ms`;
  return JSON.stringify({
    ...more,
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: interval,
      ...more.global,
    },
    rule_files: ruleFiles,
    alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
    scrape_configs: Object.entries(scrape).map(([job, how]) => ({
      job_name: job,
      ...(Array.isArray(how) ? { static_configs: [{ targets: how }] } : how),
    })),
  }); // JSON is YAML
}
