import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DiskSpool } from '../../../src/sinks/index.ts';
import { drain, numberedFrame } from '../../support/numbered-frames.ts';
import { Program } from '../../support/program.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

const open = (directory: string) => DiskSpool.open({ directory, maxOctets: 1_000_000 });
const writer = new URL('../../support/spool-writer.ts', import.meta.url).pathname;

describe('the directory of a spool', () => {
  it('refuses a second process, and names the first to it', async () => {
    using place = new TemporaryDirectory();
    using logs = new TemporaryDirectory();
    const log = logs.file('log');
    await using program = new Program([process.execPath, writer, place.path, '0', log]);
    await until('frames', () => existsSync(log) && readFileSync(log, 'utf8').includes('appended 9'));
    await expect(open(place.path)).rejects.toMatchObject({
      code: 'WEIR_SPOOL_IN_USE',
      message: `the spool ${place.path} is in use by process ${program.pid}`,
      remedy: expect.stringContaining('directory of its own'),
    });
    expect(program.running).toBe(true);
    await program.stop('SIGKILL');
    await using spool = await open(place.path);
    expect((await drain(spool, 3)).length).toBe(3);
    expect(readdirSync(place.path).filter((name) => name.startsWith('lock-'))).toHaveLength(1);
  });

  it('refuses a second spool of the same process until the first is closed', async () => {
    using place = new TemporaryDirectory();
    const first = await open(place.path);
    await expect(open(place.path)).rejects.toThrow(`by process ${process.pid}`);
    await first.append(numberedFrame(1, 10));
    await first.close();
    expect(readdirSync(place.path)).toEqual(['000000000001.segment']);
    await using second = await open(place.path);
    expect(await drain(second)).toEqual([1]);
  });

  it('belongs to at most one of many that ask at once', async () => {
    using place = new TemporaryDirectory();
    for (let round = 0; round < 20; round++) {
      const opened = await Promise.allSettled(Array.from({ length: 4 }, () => open(place.path)));
      const had = opened.filter((one) => one.status === 'fulfilled');
      expect(had.length).toBeLessThanOrEqual(1);
      for (const one of opened) {
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'WEIR_SPOOL_IN_USE' });
      }
      for (const { value } of had) await value.close();
    }
    await using spool = await open(place.path);
    expect(spool.readings.frames).toBe(0);
  });

  it('can have a longer path than a socket, and is created if missing', async () => {
    using place = new TemporaryDirectory();
    const deep = place.file(`${'d'.repeat(100)}/${'e'.repeat(100)}`);
    await using spool = await open(deep);
    await spool.append(numberedFrame(1, 10));
    expect(existsSync(deep)).toBe(true);
    await expect(open(deep)).rejects.toThrow('in use');
  });

  it('does not keep an otherwise idle process alive', async () => {
    using place = new TemporaryDirectory();
    const room = new URL('../../../src/sinks/index.ts', import.meta.url).href;
    const source = `
      import { DiskSpool } from '${room}';
      globalThis.spool = await DiskSpool.open({ directory: ${JSON.stringify(place.path)}, maxOctets: 1000 });
      console.log('open');`;
    const program = new Program([process.execPath, '--input-type=module', '--eval', source]);
    expect(await program.succeeds(10_000)).toBe('open\n');
  });

  it('reports that it cannot be created', async () => {
    using place = new TemporaryDirectory();
    writeFileSync(place.file('taken'), '');
    await expect(open(place.file('taken'))).rejects.toMatchObject({
      name: 'WeirError',
      message: expect.stringContaining(
        `cannot take the directory of the spool ${place.file('taken')}: EEXIST`,
      ),
    });
  });
});
