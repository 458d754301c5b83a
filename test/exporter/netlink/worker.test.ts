import { describe, expect, it } from 'vitest';
import { BatchWorker } from '../../../src/exporter/netlink/index.ts';
import { until } from '../../support/until.ts';

const BUFFERS = 3;

describe('BatchWorker', () => {
  it.each(['serving', 'both'])(
    'returns buffers, so that a worker with three can fill any number of batches (%s)',
    async (way) => {
      const { worker, heard } = workerOf({ way });
      await worker.start();
      expect(await worker.ask(100)).toBe(100);
      expect(heard.numbers).toEqual(Array.from({ length: 100 }, (_, number) => number));
      await worker.stop();
    },
  );

  it('has at most as many batches in transit as buffers while the main thread is busy', async () => {
    const { worker, heard } = workerOf({ way: 'blocking' });
    await worker.start();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200); // the main thread hears nothing for so long
    const before = heard.numbers.length;
    const stopped = worker.stop();
    await stopped;
    expect(before).toBe(0);
    expect(heard.notes).toEqual([{ filled: heard.numbers.length }]);
    expect(heard.numbers.length).toBeGreaterThanOrEqual(BUFFERS);
    expect(heard.failures).toEqual([]);
  });

  it('delivers all filled batches before it stops', async () => {
    const { worker, heard } = workerOf({ way: 'blocking' });
    await worker.start();
    await until('some batches', () => heard.numbers.length >= 20);
    await worker.stop();
    expect(heard.notes).toEqual([{ filled: heard.numbers.length }]);
    expect(heard.numbers).toEqual(heard.numbers.map((_, index) => index));
  });

  it("fails to start with the worker's error", async () => {
    for (const way of ['blocking', 'serving', 'both']) {
      const { worker, heard } = workerOf({ way, refuse: true });
      await expect(worker.start()).rejects.toMatchObject({
        code: 'WEIR_NETLINK_NOT_PERMITTED',
        call: 'opening',
      });
      await worker.stop();
      expect(heard.failures).toEqual([]);
    }
  });

  it.each(['serving', 'both'])('answers a question with its error, and continues (%s)', async (way) => {
    const { worker, heard } = workerOf({ way });
    await worker.start();
    await expect(worker.ask('refuse')).rejects.toMatchObject({ errno: 'EBUSY', call: 'asking' });
    await expect(worker.ask('break')).rejects.toMatchObject({ code: 'WEIR_NETLINK_WORKER' });
    expect(await worker.ask(1)).toBe(1);
    await worker.stop();
    expect(heard.failures).toEqual([]);
  });

  it('answers questions still when other work of it has failed', async () => {
    const { worker, heard } = workerOf({ way: 'both' });
    await worker.start();
    await worker.ask('fail');
    await until('the failure', () => heard.failures.length > 0);
    expect(heard.failures).toMatchObject([{ errno: 'EBADF', call: 'working' }]);
    expect(await worker.ask(2)).toBe(2);
    await worker.stop();
    expect(heard.failures).toHaveLength(1);
  });

  it('rejects a question before its start and after its stop', async () => {
    const { worker } = workerOf({ way: 'serving' });
    await expect(worker.ask(1)).rejects.toThrow('not running');
    await worker.start();
    await worker.stop();
    await expect(worker.ask(1)).rejects.toThrow('not running');
  });

  it('reports a worker module that cannot be loaded', async () => {
    const { worker } = workerOf({ way: 'serving' }, 'no-such-worker');
    await expect(worker.start()).rejects.toThrow(/no-such-worker/);
    await worker.stop();
  });
});

function workerOf(settings: unknown, name = 'counting-worker') {
  const heard = { numbers: [] as number[], notes: [] as unknown[], failures: [] as Error[] };
  const worker = new BatchWorker(
    { name, beside: import.meta.url, settings, bufferOctets: 64, buffers: BUFFERS },
    {
      onBatch: (buffer) => heard.numbers.push(new Uint32Array(buffer)[0]!),
      onNote: (note) => heard.notes.push(note),
      onFailure: (error) => heard.failures.push(error),
    },
  );
  return { worker, heard };
}
