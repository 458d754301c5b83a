import { rmSync, writeFileSync } from 'node:fs';
import { type ApiParts, openRoutes, RecentFlows } from '../../../src/api/index.ts';
import { batchOf, type FlowRecord, fieldNames, fieldOf } from '../../../src/flow/index.ts';
import {
  fileToken,
  HttpServer,
  healthRoutes,
  metricsRoute,
  type Routes,
  TokenProof,
} from '../../../src/http/index.ts';
import { Telemetry } from '../../../src/metrics/index.ts';
import { QueryDesk } from '../../../src/query/index.ts';
import { Ledger, Log, systemClock } from '../../../src/runtime/index.ts';
import { madeExporters } from '../../support/made-exporters.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

const TOKEN = 'the-token-of-the-test';
export const bearer = (token = TOKEN) => ({ authorization: `Bearer ${token}` });

/** A record with a value in each field. */
export function fullRecord(sourceIP: string): FlowRecord {
  const values = fieldNames.map((name) => {
    const { storage, enumeration } = fieldOf(name);
    if (storage === 'address') return [name, sourceIP];
    if (storage === 'string') return [name, `of ${name}`];
    if (storage === 'time') return [name, Date.UTC(2026, 0, 31)];
    return [name, enumeration === undefined ? 2 : [...enumeration.names.keys()][0]];
  });
  return { ...Object.fromEntries(values), protocolIdentifier: sourceIP.includes(':') ? 58 : 1 };
}

/** One with values that no name, no date and no number of JSON has, and one without any. */
export const oddRecords: readonly FlowRecord[] = [
  { sourceIP: '10.0.0.1', flowType: 99, protocolIdentifier: 200, flowEndReason: 77 },
  { flowStartMilliseconds: 9e15, flowEndMilliseconds: 2 ** 60, octetTotalCount: 2 ** 60, flowId: 0 },
  {},
];

/** The open server of a process as `weir up` wires it, with a token. */
export class DescribedServer implements AsyncDisposable {
  readonly readiness: { isReady: boolean; problems: string[]; remarks: string[] } = {
    ...{ isReady: true, problems: [], remarks: [] },
  };
  readonly server: HttpServer;
  readonly routes: Routes;
  readonly #files = new TemporaryDirectory();
  readonly #telemetry: Telemetry;
  readonly #queries: QueryDesk;

  constructor({ queries = new QueryDesk(systemClock), ...parts }: Partial<ApiParts> = {}) {
    this.#queries = queries;
    const [clock, ledger, log] = [systemClock, new Ledger(), new Log(systemClock, () => {})];
    const recent = new RecentFlows(clock, ledger, { windowMs: 600_000, maxOctets: 10_000_000 });
    const records = [fullRecord('10.0.0.1'), fullRecord('2001:db8::1'), ...oddRecords];
    recent.write(batchOf(records));
    const peers = () => [{ peer: '10.0.0.9:4739', peerName: 'node-a', records: 3 }];
    const lossy = ledger.open('collector', 'records', () => 2, { peers });
    lossy.drop('queue full', 3);
    lossy.note('gap');
    this.#telemetry = new Telemetry({
      ...{ component: 'aggregator', clock, ledger, log, version: '1.2.3', resource: {}, otlp: [] },
    });
    this.routes = {
      ...openRoutes({
        ...{ clock, ledger, log, recent, queries, history: () => undefined },
        keepEvent: () => (parts.history === undefined ? undefined : () => {}),
        listing: { flowBatches: () => [batchOf(records)] },
        recordMetrics: () => ({
          ...{ numRecordsExported: 3, numRecordsReceived: 7, numRecordsDropped: 1, numFlows: 2 },
          ...{ numConnToCollector: 4, withClickHouseExporter: false, withS3Exporter: false },
          ...{ withLogExporter: false, withIPFIXExporter: true },
        }),
        exporters: () => madeExporters,
        collectors: () => [
          { name: 'away', isUp: false, queuedRecords: 4, sentRecords: 0, droppedRecords: 1 },
        ],
        ...parts,
      }),
      ...metricsRoute((request, response) => this.#telemetry.handle(request, response)),
      ...healthRoutes(this.readiness),
    };
    writeFileSync(this.#tokenFile, TOKEN, { mode: 0o600 });
    // Its clock stands still: who has guessed too often has so for good.
    const proof = new TokenProof(fileToken(this.#tokenFile), '', () => 0);
    const options = { tokenFile: this.#tokenFile, proof };
    this.server = new HttpServer({ host: '127.0.0.1', port: 0 }, this.routes, undefined, options);
  }

  get url(): string {
    return this.server.url;
  }

  get #tokenFile(): string {
    return this.#files.file('token');
  }

  async start(): Promise<this> {
    await this.#telemetry.start();
    await this.server.start();
    return this;
  }

  stopMetrics(): Promise<void> {
    return this.#telemetry.stop(1_000);
  }

  loseToken(): void {
    rmSync(this.#tokenFile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    await this.#telemetry.stop(1_000);
    await this.#queries.stop();
    this.#files[Symbol.dispose]();
  }
}
