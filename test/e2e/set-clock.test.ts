import { globSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createNamespace } from '../support/namespace.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { readLedger, weirProgram } from '../support/weir.ts';

const HOUR_S = 3_600;

/** Sends a thousand octets ten times a second over one connection. */
const talk = `
  import { connect, createServer } from 'node:net';
  createServer((socket) => socket.resume()).listen(8443, '127.0.0.1', () => {
    const socket = connect(8443, '127.0.0.1', () => console.log('talks'));
    setInterval(() => socket.write(Buffer.alloc(1_000)), 100);
  });
`;

interface Told {
  readonly flowStartMilliseconds: string;
  readonly flowEndMilliseconds: string;
  /** Absent when no packet has passed since the record before. */
  readonly throughput?: number;
}

requires('namespaces', 'faketime')('weir up', () => {
  it('continues after a clock change with times of the new clock, and correct durations and rates', async () => {
    using directory = new TemporaryDirectory();
    await using host = await createNamespace('clock');
    const offsetFile = directory.file('offset');
    const setClock = (seconds: number) => writeFileSync(offsetFile, `${seconds < 0 ? '' : '+'}${seconds}`);
    setClock(0);
    const [library] = globSync('/usr/lib/*/faketime/libfaketime.so.1');
    await using up = host.startModule(weirProgram, ['up', '--no-history'], {
      environment: {
        LD_PRELOAD: library!,
        FAKETIME_TIMESTAMP_FILE: offsetFile,
        FAKETIME_NO_CACHE: '1',
        DONT_FAKE_MONOTONIC: '1',
      },
    });
    await up.says(/weir: ready/);
    await using talker = host.start([process.execPath, '--input-type=module', '--eval', talk]);
    await talker.says(/^talks$/m);
    const began = performance.now();
    const told = (): Told[] =>
      up.stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line))
        .filter(({ destinationTransportPort }) => destinationTransportPort === 8443);
    await until('two records', () => told().length >= 2);

    for (const offset of [HOUR_S, -2 * HOUR_S, 90, 0]) {
      setClock(offset);
      const before = told().length;
      const record = await until('a rate in the third record after the clock was set, or later', () =>
        told()
          .slice(before + 2)
          .find(({ throughput }) => throughput !== undefined),
      );
      const { flowStartMilliseconds, flowEndMilliseconds, throughput } = record;
      const [start, end] = [Date.parse(flowStartMilliseconds), Date.parse(flowEndMilliseconds)];
      expect(Math.abs(end - (Date.now() + offset * 1_000))).toBeLessThan(10_000);
      expect(end - start).toBeGreaterThan(0);
      expect(end - start).toBeLessThanOrEqual(performance.now() - began + 1_000);
      expect(throughput).toBeGreaterThan(8_000); // 80,000 bit/s and headers, on a machine that may be busy
      expect(throughput).toBeLessThan(400_000);
    }
    const ended = await up.stop();
    expect(ended.code).toBe(0);
    expect(readLedger(ended).filter(({ closes }) => !closes)).toEqual([]);
  });
});
