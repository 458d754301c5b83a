import { join } from 'node:path';
import type { LoggedLine } from '../../src/logs/index.ts';
import { serverProgram } from './built-servers.ts';
import { HttpApi } from './http-api.ts';
import { octetsBelow } from './octets-below.ts';
import { onOwnDisk } from './own-disk.ts';
import type { Labels } from './prometheus.ts';
import { listenAddress, Server, type ServerPlace, startServer } from './server.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { until } from './until.ts';

/*
 * A real VictoriaLogs, for tests that require('victoria-logs'):
 *
 *   await using server = await startVictoriaLogs();
 *   await until('a line', async () => (await server.lines('{service_name="weir-flows"}')).length > 0);
 */

export interface VictoriaLogsOptions extends ServerPlace {
  /** Default: a folder that disappears with the server. Give one to start on existing data. */
  dataDirectory?: string;
  /** Size of a private disk, such as "8m"; nobody else sees its data. Needs root. */
  diskSize?: string;
  /** Further flags: { retentionPeriod: '30d' }. */
  flags?: Readonly<Record<string, string>>;
  /** Headers of each of the test's requests: { AccountID: '7' }. */
  headers?: Readonly<Record<string, string>>;
}

/** A row of an answer: all fields, those that begin with _ are VictoriaLogs' own. */
export type VictoriaLogsRow = Readonly<Record<string, string>>;

const listening = [/started server at (http:\/\/\S+?)\/\s/];

export async function startVictoriaLogs(options: VictoriaLogsOptions = {}): Promise<VictoriaLogs> {
  const { server, said } = await startServer(
    options,
    (directory) => victoriaLogsCommand(directory, options),
    listening,
  );
  const url = `${said[0]![1]!}${options.flags?.['http.pathPrefix'] ?? ''}`;
  return new VictoriaLogs(server, new HttpApi(url, options.namespace, options.headers), options);
}

export class VictoriaLogs extends Server {
  readonly dataDirectory: string;
  readonly #api: HttpApi;

  constructor({ program, directory }: Server, api: HttpApi, options: VictoriaLogsOptions) {
    super(program, directory);
    this.dataDirectory = dataDirectoryOf(directory, options);
    this.#api = api;
  }

  /** Without a slash at its end. */
  get url(): string {
    return this.#api.url;
  }

  /** The answer to a LogsQL query, in its order: entries, or the result of its pipes. */
  async query(query: string): Promise<VictoriaLogsRow[]> {
    const text = await this.#api.get('/select/logsql/query', { query });
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as VictoriaLogsRow);
  }

  /** Entries that a query finds, the oldest first, as Weir reads them. */
  async lines(query: string): Promise<LoggedLine[]> {
    const rows = await this.query(query);
    return rows
      .map(({ _time, _msg, _stream, _stream_id, ...labels }) => ({
        labels,
        timeNs: nanoseconds(_time!),
        line: _msg ?? '',
      }))
      .sort((one, other) => (one.timeNs < other.timeNs ? -1 : one.timeNs > other.timeNs ? 1 : 0));
  }

  /** How many entries a query finds. */
  async count(query: string): Promise<number> {
    const [row] = await this.query(`${query} | stats count() as n`);
    return Number(row?.n ?? 0);
  }

  /** The streams of a query's entries: {a="b",c="d"}. */
  async streams(query: string): Promise<string[]> {
    const { values } = await this.#api.getJson<{ values: { value: string }[] }>('/select/logsql/streams', {
      query,
    });
    return values.map(({ value }) => value).sort();
  }

  /** A counter or gauge of its own, summed over its series that have these labels. */
  metric(name: string, labels: Labels = {}): Promise<number> {
    return this.#api.metric(name, labels);
  }

  /** Makes accepted entries visible to queries at once. */
  async flush(): Promise<void> {
    await this.#api.get('/internal/force_flush');
  }

  /**
   * Merges the stored data into one part for each day on disk, as the server itself does over time.
   */
  async merge(): Promise<void> {
    await this.flush();
    const isMerged = async () =>
      (await this.metric('vl_storage_parts', { type: 'storage/inmemory' })) === 0 &&
      (await this.metric('vl_storage_parts')) <= (await this.metric('vl_partitions'));
    // a forced merge leaves out the parts of a running merge
    const merged = async () => (await isMerged()) || void (await this.#forceMerge());
    await until('all to be merged', merged);
  }

  /**
   * The server logs the begin and the end. Its metrics look the same before and after.
   */
  async #forceMerge(): Promise<void> {
    const said = () => this.program.stderr.split('forced merge for').length;
    const before = said();
    await this.#api.get('/internal/force_merge');
    await until('a forced merge', () => said() === before + 2);
  }

  /** Octets of all data on disk. */
  storedOctets(): number {
    return octetsBelow(join(this.dataDirectory, 'partitions'));
  }
}

/** RFC 3339 with up to nine decimals, as nanoseconds since 1970. */
function nanoseconds(time: string): bigint {
  const [seconds, fraction = ''] = time.replace('Z', '').split('.');
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

const dataDirectoryOf = (directory: TemporaryDirectory, { dataDirectory }: VictoriaLogsOptions): string =>
  dataDirectory ?? directory.file('data');

function victoriaLogsCommand(directory: TemporaryDirectory, options: VictoriaLogsOptions): string[] {
  const data = dataDirectoryOf(directory, options);
  const flags = { retentionPeriod: '30d', ...options.flags };
  return [
    ...onOwnDisk(data, options.diskSize),
    serverProgram('victoria-logs'),
    `-storageDataPath=${data}`,
    `-httpListenAddr=${listenAddress(options)}`,
    ...Object.entries(flags).map(([name, value]) => `-${name}=${value}`),
  ];
}
