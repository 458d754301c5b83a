import {
  type AvailableTransport,
  CollectingProcess,
  type CollectorAddress,
  dataRecordToJson,
  type Json,
} from '../../src/ipfix/index.ts';
import { Ledger, systemClock } from '../../src/runtime/index.ts';
import { keptLog } from './ipfix.ts';
import { loopbackTls } from './loopback-tls.ts';

export interface PlainRecord {
  readonly exporter: string;
  readonly sequenceNumber: number;
  readonly fields: Readonly<Record<string, Json>>;
}

/** A collector on loopback that keeps every record as plain values, whatever its template. */
export class PlainCollector implements AsyncDisposable {
  readonly records: PlainRecord[] = [];
  readonly process: CollectingProcess;

  private constructor(protocol: AvailableTransport) {
    this.process = new CollectingProcess({
      listen: [{ protocol, host: '127.0.0.1', port: 0 }],
      tls: loopbackTls,
      clock: systemClock,
      ledger: new Ledger(),
      log: keptLog().log,
      onRecord: ({ origin: { exporter }, header: { sequenceNumber }, record }) =>
        this.records.push({ exporter, sequenceNumber, fields: dataRecordToJson(record) }),
    });
  }

  static async start(protocol: AvailableTransport = 'tcp'): Promise<PlainCollector> {
    const collector = new PlainCollector(protocol);
    await collector.process.start();
    return collector;
  }

  get address(): CollectorAddress {
    return this.process.addresses[0]!;
  }

  get url(): string {
    const { protocol, port } = this.address;
    return `${protocol}://127.0.0.1:${port}`;
  }

  /** The octets of each record. */
  get octets(): Json[] {
    return this.records.map(({ fields }) => fields.octetDeltaCount!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.stop(500);
  }
}
