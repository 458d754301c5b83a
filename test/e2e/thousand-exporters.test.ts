import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { CollectingProcess } from '../../src/ipfix/index.ts';
import { Ledger, systemClock } from '../../src/runtime/index.ts';
import { keptLog } from '../support/ipfix.ts';
import { loopbackTls } from '../support/loopback-tls.ts';
import type { Order } from '../support/many-exporters.ts';
import { until } from '../support/until.ts';

const many = 1_000;
/** Exporters that come first: what a process needs for the first sessions is not needed for the next. */
const few = 200;
const rounds = 3;
/** Exporters that send at once: more datagrams might not fit into the buffer of the socket. */
const atOnce = 50;
const script = new URL('../support/many-exporters.ts', import.meta.url).pathname;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Memory of this process, without what the heap has in reserve. */
function memoryKilobytes(): number {
  collectGarbage();
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return (rss - heapTotal + heapUsed) / 1024;
}

describe('a collector with 1000 exporters that begin at once', () => {
  it.each([
    ['tls', 100],
    ['dtls', 150],
  ] as const)(
    'over %s takes every record of each, in less than %i KB a session',
    async (protocol, mostKilobytes) => {
      const ledger = new Ledger();
      const flowIds: number[] = [];
      const collector = new CollectingProcess({
        listen: [{ protocol, host: '127.0.0.1', port: 0 }],
        tls: loopbackTls,
        maxAddressOctets: 128 * 1024 * 1024, // all have the same address
        clock: systemClock,
        log: keptLog().log,
        ledger,
        onBatch: (batch) => flowIds.push(...Array.from(batch, ({ flowId }) => Number(flowId))),
      });
      await collector.start();
      const { caFile, certFile, keyFile } = loopbackTls;
      const children: ChildProcess[] = [];
      const connect = async (exporters: number, first: number): Promise<ChildProcess> => {
        const words = [protocol, collector.addresses[0]!.port, exporters, first, caFile, certFile, keyFile];
        const child = fork(script, words.map(String));
        children.push(child);
        expect(await once(child, 'message')).toContain('connected');
        await until('all sessions', () => collector.sessions === first - 1 + exporters);
        return child;
      };
      try {
        await connect(few, 1);
        const before = memoryKilobytes();
        const child = await connect(many, few + 1);
        const sessionKilobytes = (memoryKilobytes() - before) / many;
        for (let sent = 0; sent < rounds * many; sent += atOnce) {
          child.send({ from: sent % many, to: (sent % many) + atOnce } satisfies Order);
          await until('the records', () => flowIds.length >= sent + atOnce);
        }
        const numbers = Array.from({ length: many }, (_, index) => few + 1 + index);
        expect(flowIds.sort((a, b) => a - b)).toEqual(numbers.flatMap((number) => [number, number, number]));
        expect(collector.records.toJSON()).toMatchObject({ dropped: {}, closed: true });
        expect(collector.exporters().every(({ lost }) => lost === 0)).toBe(true);
        expect(sessionKilobytes).toBeLessThan(mostKilobytes);
        for (const each of children) each.send('stop' satisfies Order);
        const [total] = await once(child, 'message');
        expect(total).toEqual({ sent: rounds * many, isClosed: true });
        await until('the end of all', () => collector.sessions === 0);
      } finally {
        for (const each of children) each.kill('SIGKILL');
        await collector.stop(1_000);
      }
      expect(ledger.isClosed).toBe(true);
    },
    300_000,
  );
});
