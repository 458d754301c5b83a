import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Program } from '../support/program.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { readLedger } from '../support/weir.ts';
import { startWeir } from './weir.ts';

/** What all parts of a program have together to end. */
const DRAIN_MS = 10_000;

async function startAggregator(directory: TemporaryDirectory, lokiUrl: string): Promise<Program> {
  const file = directory.file('aggregator.yaml');
  const weir = {
    listen: ['udp://127.0.0.1:0'],
    http: { listen: '127.0.0.1:0' },
    metrics: { listen: 'off' },
    log: { loki: { url: lokiUrl } },
  };
  writeFileSync(file, JSON.stringify({ weir })); // JSON is YAML
  const program = startWeir(['aggregator', '--config', file]);
  await program.says(/weir: ready/);
  return program;
}

/** Ends the aggregator; returns the account of its log, and how long the end took. */
async function endOf(program: Program) {
  const beganMs = performance.now();
  const ended = await program.stop();
  const tookMs = performance.now() - beganMs;
  expect(ended.code, program.account()).toBe(0);
  return { tookMs, log: readLedger(ended).find(({ name }) => name === 'process log')! };
}

/** A server that takes connections and says nothing. */
async function startSilentServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: close };
}

describe('the end of an aggregator', () => {
  it('does not wait for a Loki that is away', async () => {
    using directory = new TemporaryDirectory();
    await using program = await startAggregator(directory, 'http://127.0.0.1:1');
    const { tookMs, log } = await endOf(program);
    expect(tookMs).toBeLessThan(DRAIN_MS / 2);
    expect(log).toMatchObject({ sent: 0, dropped: log.received, held: 0, closes: true });
    expect(log.remarks).toContain('not delivered in time');
  });

  it('waits for a silent Loki within the time of all parts', async () => {
    using directory = new TemporaryDirectory();
    await using silent = await startSilentServer();
    await using program = await startAggregator(directory, silent.url);
    const { tookMs, log } = await endOf(program);
    expect(tookMs).toBeLessThan(DRAIN_MS);
    expect(log).toMatchObject({ sent: 0, dropped: log.received, held: 0, closes: true });
    expect(log.remarks).toContain('not delivered in time');
  });
});
