import { expect, it } from 'vitest';
import { Program, run } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const room = new URL('../../src/sinks/index.ts', import.meta.url).href;
const frames = new URL('../support/numbered-frames.ts', import.meta.url).href;

/** The common beginning of the programs below; `attempt` returns the error of a refused call. */
const prelude = `
  import { execFileSync } from 'node:child_process';
  import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
  import { DiskSpool } from '${room}';
  import { drain, numberedFrame } from '${frames}';
  const [directory] = process.argv.slice(1);
  const attempt = (work) => work.then(() => undefined, ({ name, code, message, remedy }) => ({ name, code, message, remedy }));
`;

/** Runs a program that prints JSON, with a file system of its own at `directory` that nobody else sees. */
async function onItsOwnDisk(directory: string, size: string, source: string) {
  const mounted = 'mount -t tmpfs -o "size=$1,mode=0755" weir-test "$2" && shift 2 && exec "$@"';
  const node = [process.execPath, '--input-type=module', '--eval', prelude + source, directory];
  return JSON.parse(await run(['unshare', '--mount', 'sh', '-c', mounted, 'sh', size, directory, ...node]));
}

requires('namespaces', 'mount')('a disk spool', () => {
  it('reports a full disk, keeps its contents, and continues when there is space again', async () => {
    using place = new TemporaryDirectory();
    const said = await onItsOwnDisk(
      place.path,
      '1m',
      `
      const options = { directory, maxOctets: 8_000_000, segmentOctets: 250_000, onLost: () => { throw new Error('lost') } };
      let spool = await DiskSpool.open(options);
      const kept = [];
      const refusals = [];
      let number = 0;
      const appendUntilFull = async (octets) => {
        for (;;) {
          const refused = await attempt(spool.append(numberedFrame(number, octets)));
          if (refused !== undefined) { refusals.push(refused); number++; return; }
          kept.push(number++);
        }
      };
      await appendUntilFull(50_001); // no multiple of a page: the kernel accepts a part before it refuses
      await appendUntilFull(50_001);
      await appendUntilFull(1_001);
      const whenFull = spool.readings;
      const taken = await drain(spool, 7);
      await appendUntilFull(30_001);
      await spool.close();
      spool = await DiskSpool.open(options);
      taken.push(...(await drain(spool, 5)));
      await appendUntilFull(20_001);
      taken.push(...(await drain(spool)));
      const left = readdirSync(directory).filter((name) => name.endsWith('.segment'));
      console.log(JSON.stringify({ kept, taken, refusals, whenFull, recovered: spool.recovered, left }));`,
    );
    expect(said.taken).toEqual(said.kept);
    expect(said.kept.length).toBeGreaterThan(30);
    expect(said.refusals).toHaveLength(5);
    for (const refused of said.refusals) {
      expect(refused).toEqual({
        name: 'WeirError',
        code: 'WEIR_SPOOL_DISK_FULL',
        message: expect.stringContaining(`cannot append to the spool ${place.path}: ENOSPC`),
        remedy: expect.stringContaining('Free space'),
      });
    }
    expect(said.whenFull.octets).toBeGreaterThan(900_000);
    expect(said.recovered).toMatchObject({ damaged: { frames: 0, records: 0, octets: 0 }, tornOctets: 0 });
    expect(said.left).toEqual([]);
  });

  it('waits while another program fills the disk', async () => {
    using place = new TemporaryDirectory();
    const said = await onItsOwnDisk(
      place.path,
      '1m',
      `
      const spool = await DiskSpool.open({ directory, maxOctets: 500_000 });
      await spool.append(numberedFrame(1, 50_000));
      try { writeFileSync(directory + '/other', new Uint8Array(2_000_000)); } catch {}
      const refused = await attempt(spool.append(numberedFrame(2, 50_000)));
      rmSync(directory + '/other');
      await spool.append(numberedFrame(3, 50_000));
      console.log(JSON.stringify({ refused, taken: await drain(spool) }));`,
    );
    expect(said).toMatchObject({ refused: { code: 'WEIR_SPOOL_DISK_FULL' }, taken: [1, 3] });
  });

  it('reports a read-only disk, and continues when the disk is writable', async () => {
    using place = new TemporaryDirectory();
    const said = await onItsOwnDisk(
      place.path,
      '1m',
      `
      const remount = (mode) => execFileSync('mount', ['-o', 'remount,' + mode, directory]);
      const spool = await DiskSpool.open({ directory, maxOctets: 500_000 });
      await spool.append(numberedFrame(1, 50_000));
      const taken = await drain(spool, 1);
      remount('ro');
      const refused = await attempt(spool.append(numberedFrame(2, 50_000)));
      remount('rw');
      await spool.append(numberedFrame(3, 50_000));
      console.log(JSON.stringify({ refused, taken: [...taken, ...(await drain(spool))] }));`,
    );
    expect(said.taken).toEqual([1, 3]);
    expect(said.refused).toMatchObject({
      code: 'WEIR_SPOOL_NOT_PERMITTED',
      message: expect.stringContaining('EROFS'),
    });
  });

  it('reports a directory of another user, and continues when it may write', async () => {
    using place = new TemporaryDirectory();
    const said = await onItsOwnDisk(
      place.path,
      '1m',
      `
      const nobody = 65534;
      const spool = await DiskSpool.open({ directory, maxOctets: 500_000, segmentOctets: 200_000 });
      await spool.append(numberedFrame(1, 50_000));
      chmodSync(directory, 0o500);
      process.seteuid(nobody);
      const first = await spool.oldest();
      const refused = [
        await attempt(spool.acknowledge(first)), // still done, even if its file cannot be deleted
        await attempt(spool.append(numberedFrame(2, 50_000))),
      ];
      process.seteuid(0);
      await spool.append(numberedFrame(3, 50_000));
      console.log(JSON.stringify({ refused, taken: await drain(spool), left: readdirSync(directory).length }));`,
    );
    expect([said.taken, said.left]).toEqual([[3], 1]); // the lock
    expect(said.refused).toMatchObject(
      ['acknowledge a frame of', 'append to'].map((what) => ({
        code: 'WEIR_SPOOL_NOT_PERMITTED',
        message: expect.stringContaining(`cannot ${what} the spool ${place.path}: EACCES`),
        remedy: expect.stringContaining('writable for the user'),
      })),
    );
  });

  it('protects its directory from a process in another container, with its own process numbers', async () => {
    using place = new TemporaryDirectory();
    const source = `${prelude}
      const spool = await DiskSpool.open({ directory, maxOctets: 500_000 });
      console.log('opened by ' + process.pid);
      setInterval(() => {}, 1_000);`;
    const node = [process.execPath, '--input-type=module', '--eval', source, place.path];
    const inContainer = ['unshare', '--pid', '--fork', '--kill-child', ...node];
    await using first = new Program(inContainer);
    await first.says(/opened by 1\n/);
    const second = await new Program(inContainer).ended;
    expect(second.code).not.toBe(0);
    expect(second.stderr).toContain(`the spool ${place.path} is in use by process 1`);
    await first.stop('SIGKILL');
    await using third = new Program(inContainer);
    await third.says(/opened by 1\n/);
    await third.stop('SIGKILL'); // unshare waits for its child and ignores other signals
  });
});
