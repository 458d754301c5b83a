import { describe, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { startCollector, startExporter } from '../support/ipfix.ts';
import { loopbackTls } from '../support/loopback-tls.ts';
import { until } from '../support/until.ts';

const exporters = 200;
const rounds = 5;
const atOnce = 50;

describe('a collector over DTLS', () => {
  it(`takes ${exporters} exporters that begin at once, and every record of each`, async () => {
    const listen = [{ protocol: 'dtls' as const, host: '127.0.0.1', port: 0 }];
    const receiving = await startCollector({ listen, tls: loopbackTls });
    const sending = await Promise.all(
      Array.from({ length: exporters }, (_, index) =>
        startExporter(receiving.address, { tls: loopbackTls, observationDomainId: index }),
      ),
    );
    let sent = 0;
    for (let round = 1; round <= rounds; round++) {
      for (const { exporter } of sending) {
        exporter.send(batchOf([{ sourceIP: '10.0.0.1', flowId: ++sent }]));
        // More at once might not fit into the buffer of the socket.
        if (sent % atOnce === 0) await until('the records', () => receiving.flows.length === sent);
      }
    }
    expect(new Set(receiving.flows.map(({ flowId }) => flowId)).size).toBe(rounds * exporters);
    expect(receiving.collector.sessions).toBe(exporters);
    expect(
      receiving.collector.exporters().every(({ lost, records }) => lost === 0 && records === rounds),
    ).toBe(true);
    await Promise.all(sending.map(({ exporter }) => exporter.stop(10_000)));
    await until('the end of all', () => receiving.collector.sessions === 0);
    expect(sending.every(({ exporter }) => exporter.account.sent === rounds)).toBe(true);
    await receiving.collector.stop(1_000);
    expect(receiving.ledger.isClosed).toBe(true);
  });
});
