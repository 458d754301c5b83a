import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HttpApi } from './http-api.ts';
import { givenProgram } from './needs.ts';
import { octetsBelow } from './octets-below.ts';
import { onOwnDisk } from './own-disk.ts';
import type { Alert, Labels, Rule } from './prometheus.ts';
import { Server, type ServerPlace, startServer } from './server.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { until } from './until.ts';

/*
 * A real Loki from a developer, for tests that require('loki'):
 *
 *     await using loki = await startLoki();
 *     await until('a line', async () => (await loki.lines('{service_name="weir-flows"}')).length > 0);
 */

export interface LokiOptions extends ServerPlace {
  /** Default: a folder that is removed with the server. Pass one to start with existing data. */
  dataDirectory?: string;
  /** Of Loki's limits_config. */
  limits?: Record<string, unknown>;
  /**
   * Further parts of the configuration, such as ruler or ingester, merged over the parts of the same name.
   */
  more?: Record<string, object>;
  /** Size of a separate disk, such as "8m", for a Loki whose data nobody else sees. Needs root. */
  diskSize?: string;
  /** Whether requests must name a tenant; the queries of `Loki` are those of the tenant "weir". */
  tenants?: boolean;
  /** The ruler's files as text by name, and its Alertmanager ('host:port'). */
  rules?: { files: Readonly<Record<string, string>>; alertmanager: string };
}

/** One line as Loki returns it: labels and structured metadata of the entry in one map. */
export interface LokiLine {
  readonly labels: Labels;
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint;
  readonly line: string;
}

/** Start and end in nanoseconds since 1970; the last hour and the next by default. */
export interface LokiSpan {
  readonly startNs?: bigint;
  readonly endNs?: bigint;
  readonly limit?: number;
}

const listening = [/msg="server listening on addresses" http=(\S+)/, /msg="Loki started"/];

export async function startLoki(options: LokiOptions = {}): Promise<Loki> {
  const { server, said } = await startServer(
    options,
    (directory) => lokiCommand(directory, options),
    listening,
  );
  const api = new HttpApi(`http://${said[0]![1]}`, options.namespace, tenantHeaders(options));
  const loki = new Loki(server, api, options);
  await until('Loki to take lines', () => loki.takesLines());
  return loki;
}

export class Loki extends Server {
  readonly dataDirectory: string;
  readonly #api: HttpApi;

  constructor({ program, directory }: Server, api: HttpApi, options: LokiOptions) {
    super(program, directory);
    this.dataDirectory = dataDirectoryOf(directory, options);
    this.#api = api;
  }

  /** Without a slash at its end. */
  get url(): string {
    return this.#api.url;
  }

  get pushUrl(): string {
    return `${this.url}/loki/api/v1/push`;
  }

  /** Lines that a log query finds, the oldest first. */
  async lines(query: string, span: LokiSpan = {}): Promise<LokiLine[]> {
    const { result } = await this.#range<{ stream: Labels; values: [string, string][] }[]>(query, span);
    return result
      .flatMap(({ stream, values }) =>
        values.map(([timeNs, line]) => ({ labels: stream, timeNs: BigInt(timeNs), line })),
      )
      .sort((one, other) => Number(one.timeNs - other.timeNs));
  }

  /** The value of a metric query at a time, by series. */
  async query(
    query: string,
    timeNs = BigInt(Date.now()) * 1_000_000n,
  ): Promise<{ labels: Labels; value: number }[]> {
    const { data } = await this.#api.getJson<{
      data: { result: { metric: Labels; value: [number, string] }[] };
    }>('/loki/api/v1/query', { query, time: String(timeNs) });
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** The label sets of the streams that match. */
  async streams(selector: string, span: LokiSpan = {}): Promise<Labels[]> {
    const { startNs, endNs } = spanOf(span);
    const { data } = await this.#api.getJson<{ data: Labels[] }>('/loki/api/v1/series', {
      'match[]': selector,
      start: String(startNs),
      end: String(endNs),
    });
    return data ?? [];
  }

  /** The pending or firing alerts of the ruler. */
  async alerts(): Promise<Alert[]> {
    const { data } = await this.#api.getJson<{ data: { alerts: Alert[] } }>('/prometheus/api/v1/alerts');
    return data.alerts;
  }

  /** The state of the ruler's rules. */
  async rules(): Promise<Rule[]> {
    const { data } = await this.#api.getJson<{ data: { groups: { rules: Rule[] }[] } }>(
      '/prometheus/api/v1/rules',
    );
    return data.groups.flatMap(({ rules }) => rules);
  }

  /** A counter or gauge of Loki itself, summed over its series with these labels. */
  metric(name: string, labels: Labels = {}): Promise<number> {
    return this.#api.metric(name, labels);
  }

  /** Writes everything in memory into chunks. */
  async flush(): Promise<void> {
    await this.#api.post('/flush');
    await until('Loki to have flushed', async () => (await this.metric('loki_ingester_memory_chunks')) === 0);
  }

  /** Octets of all chunks on disk. */
  storedOctets(): number {
    return octetsBelow(join(this.dataDirectory, 'chunks'));
  }

  async takesLines(): Promise<boolean> {
    const json = { 'content-type': 'application/json' };
    const push = this.#api.send('POST', '/loki/api/v1/push', json, JSON.stringify({ streams: [] }));
    return push.then(
      ({ status }) => status < 500,
      () => false,
    );
  }

  async #range<T>(query: string, span: LokiSpan): Promise<{ result: T }> {
    const { startNs, endNs } = spanOf(span);
    const { data } = await this.#api.getJson<{ data: { result: T } }>('/loki/api/v1/query_range', {
      query,
      start: String(startNs),
      end: String(endNs),
      limit: span.limit ?? 5_000,
      direction: 'forward',
    });
    return data;
  }
}

const tenantHeaders = ({ tenants }: LokiOptions): Record<string, string> =>
  tenants ? { 'x-scope-orgid': 'weir' } : {};

function spanOf({ startNs, endNs }: LokiSpan): { startNs: bigint; endNs: bigint } {
  const now = BigInt(Date.now()) * 1_000_000n;
  const hour = 3_600_000_000_000n;
  return { startNs: startNs ?? now - hour, endNs: endNs ?? now + hour };
}

const dataDirectoryOf = (directory: TemporaryDirectory, { dataDirectory }: LokiOptions): string =>
  dataDirectory ?? directory.file('data');

/** Loki's tenant when there are none. */
const NO_TENANT = 'fake';

function lokiCommand(directory: TemporaryDirectory, options: LokiOptions): string[] {
  const configuration = directory.file('loki.yaml');
  const data = dataDirectoryOf(directory, options);
  const yaml = lokiYaml(data, withRuler(directory, options));
  writeFileSync(configuration, JSON.stringify(yaml)); // JSON is YAML
  return [...onOwnDisk(data, options.diskSize), givenProgram('loki')!, `-config.file=${configuration}`];
}

function withRuler(directory: TemporaryDirectory, options: LokiOptions): LokiOptions {
  const { rules, more } = options;
  if (rules === undefined) return options;
  const folder = directory.file('rules');
  mkdirSync(join(folder, NO_TENANT), { recursive: true });
  for (const [name, text] of Object.entries(rules.files)) writeFileSync(join(folder, NO_TENANT, name), text);
  const ruler = {
    storage: { type: 'local', local: { directory: folder } },
    rule_path: directory.file('ruler'),
    alertmanager_url: `http://${rules.alertmanager}`,
    ring: { kvstore: { store: 'inmemory' } },
    enable_api: true,
  };
  return { ...options, more: { ...more, ruler: { ...ruler, ...more?.ruler } } };
}

function lokiYaml(
  data: string,
  { host = '127.0.0.1', port = 0, limits = {}, more = {}, tenants }: LokiOptions,
): object {
  const parts: Record<string, object> = {
    server: {
      http_listen_address: host,
      http_listen_port: port,
      grpc_listen_address: '127.0.0.1',
      grpc_listen_port: 0,
    },
    common: {
      instance_addr: '127.0.0.1',
      path_prefix: data,
      storage: {
        filesystem: { chunks_directory: join(data, 'chunks'), rules_directory: join(data, 'rules') },
      },
      replication_factor: 1,
      ring: { kvstore: { store: 'inmemory' } },
    },
    schema_config: {
      configs: [
        {
          from: '2024-01-01',
          store: 'tsdb',
          object_store: 'filesystem',
          schema: 'v13',
          index: { prefix: 'index_', period: '24h' },
        },
      ],
    },
    // How soon the parts of one process find each other: by default after ten seconds; queries wait until
    // then.
    frontend: { scheduler_dns_lookup_period: '100ms' },
    frontend_worker: { dns_lookup_duration: '100ms' },
    limits_config: { volume_enabled: true, ...limits },
    analytics: { reporting_enabled: false },
  };
  for (const [name, part] of Object.entries(more)) parts[name] = { ...parts[name], ...part };
  return { auth_enabled: tenants ?? false, ...parts };
}
