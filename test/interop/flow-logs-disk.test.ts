import { expect, it } from 'vitest';
import { allFlows, expectAccounted, roomyLimits } from '../support/flow-logs.ts';
import { startLoki } from '../support/loki.ts';
import { run } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { SinkUnderTest } from '../support/sink-under-test.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const support = (name: string) => new URL(`../support/${name}.ts`, import.meta.url).pathname;

/** For a sink with a full disk for waiting lines while Loki is away, and after Loki returns. */
const onFullDisk = `
  import { FakeLoki } from '${support('fake-loki')}';
  import { SinkUnderTest, numberOfLine } from '${support('sink-under-test')}';
  import { until } from '${support('until')}';
  await using loki = await new FakeLoki().start();
  loki.answer = () => ({ status: 503 });
  const spool = { directory: process.argv[1], maxOctets: 100_000_000 };
  await using sink = await SinkUnderTest.start({ url: loki.url, batchOctets: 20_000, batchAgeMs: 50, queueOctets: 100_000, spool });
  let isWritten = false;
  const written = sink.write(40_000).then(() => { isWritten = true; });
  await until('the disk to be full', () => sink.events['spool not written']);
  const whenFull = { isWritten, held: sink.account.held, dropped: sink.dropped };
  loki.answer = () => ({ status: 204 });
  await written;
  await until('all lines', () => sink.account.held === 0);
  await sink.stop();
  const { received, sent } = sink.account;
  const distinct = new Set(loki.stored.map(numberOfLine)).size;
  console.log(JSON.stringify({ whenFull, received, sent, distinct, stored: loki.stored.length, dropped: sink.dropped, said: sink.said.filter((line) => line.includes('on disk')) }));
`;

requires('namespaces')('a sink with a full disk', () => {
  it('makes its producer wait, reports it, and loses no line', async () => {
    using place = new TemporaryDirectory();
    const mounted =
      'mount -t tmpfs -o size=256k,mode=0755 weir-test "$1" && exec "$2" --input-type=module --eval "$3" "$1"';
    const command = [
      'unshare',
      '--mount',
      'sh',
      '-c',
      mounted,
      'sh',
      place.path,
      process.execPath,
      onFullDisk,
    ];
    const said = JSON.parse(await run(command));
    expect(said.whenFull).toMatchObject({ isWritten: false, dropped: {} });
    expect(said.said.join()).toMatch(/lines cannot wait on disk: .*no space left/is);
    expect(said).toMatchObject({
      received: 40_000,
      sent: 40_000,
      distinct: 40_000,
      stored: 40_000,
      dropped: {},
    });
  });
});

requires('loki', 'namespaces')('a Loki with a full disk', () => {
  it('still accepts lines into memory, and finds them there', async () => {
    await using loki = await startLoki({ limits: roomyLimits, diskSize: '4m' });
    await using sink = await SinkUnderTest.start({ url: loki.url, batchOctets: 100_000, batchAgeMs: 100 });
    await sink.write(40_000);
    await sink.stop(60_000);
    await expectAccounted(loki, allFlows, sink);
    expect(sink.account.sent).toBe(40_000);
    expect(await loki.metric('loki_ingester_wal_disk_full_failures_total')).toBeGreaterThan(0);
  });
});
