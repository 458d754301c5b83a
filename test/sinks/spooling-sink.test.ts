import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Program } from '../support/program.ts';
import { ReturningCollector } from '../support/returning-collector.ts';
import { SpooledCollector } from '../support/spooled-collector.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
const numbersIn = ({ received }: ReturningCollector) =>
  received.map(({ octetTotalCount }) => octetTotalCount!);

it.each(['tcp', 'tls'] as const)(
  'replays in order what arrived while the collector was away: %s',
  async (protocol) => {
    using place = new TemporaryDirectory();
    await using collector = await ReturningCollector.start(protocol);
    const scene = new SpooledCollector(collector.address, place.path);
    await scene.sink.start();
    await until('a session', () => scene.sink.isUp);
    await scene.write(100);
    await until('records that came at once', () => collector.received.length === 100);
    expect(scene.sink.account).toMatchObject({ received: 0 });
    await collector.leave();
    await until('the end of the session', () => !scene.sink.isUp);
    await scene.write(500);
    expect(scene.sink.account).toMatchObject({ received: 500, sent: 0, held: 500 });
    await collector.comeBack();
    await until('all records', () => collector.received.length === 600);
    await until('an empty spool', () => scene.sink.account.held === 0);
    await scene.sink.stop(60_000);
    expect(numbersIn(collector)).toEqual(numbers(600));
    expect(collector.received[555]).toMatchObject({ sourcePodName: 'cart-5', sourceIP: '10.0.2.43' });
    expect(scene.ledger.toJSON()).toMatchObject([
      { name: 'collector', received: 600, sent: 600, dropped: {}, closed: true },
      { name: 'collector spool', received: 500, sent: 500, dropped: {}, closed: true },
    ]);
  },
);

it('replays over UDP in order once a collector is there, and notes any record that may be lost', async () => {
  using place = new TemporaryDirectory();
  await using collector = await ReturningCollector.start('udp');
  await collector.leave();
  const scene = new SpooledCollector(collector.address, place.path);
  await scene.sink.start();
  await until('a refused template', () => scene.said.some((line) => line.includes('no connection')));
  await scene.write(300);
  expect(scene.sink.account.received).toBeGreaterThan(0);
  await collector.comeBack();
  await until('an empty spool', () => scene.sink.account.held === 0);
  const unconfirmed = () => scene.ledger.toJSON()[0]!.events.unconfirmed ?? 0;
  await until('the other records', () => collector.received.length >= 300 - unconfirmed());
  await scene.sink.stop(60_000);
  const received = numbersIn(collector);
  expect(received).toEqual([...received].sort((a, b) => a - b));
  expect(new Set(received).size).toBe(received.length);
  expect(scene.ledger.toJSON()).toMatchObject([
    { name: 'collector', received: 300, sent: 300, dropped: {}, closed: true },
    { name: 'collector spool', held: 0, dropped: {}, closed: true },
  ]);
});

it('continues with the contents of an earlier process', async () => {
  using place = new TemporaryDirectory();
  await using collector = await ReturningCollector.start();
  await collector.leave();
  const first = new SpooledCollector(collector.address, place.path);
  await first.sink.start();
  await first.write(200);
  await first.sink.stop(1_000);
  expect(first.sink.account).toMatchObject({ received: 200, held: 200, difference: 0 });
  await collector.comeBack();
  const second = new SpooledCollector(collector.address, place.path, { from: 200 });
  await second.sink.start();
  await second.write(50);
  await until('all records', () => collector.received.length === 250);
  await until('an empty spool', () => second.sink.account.held === 0);
  await second.sink.stop(60_000);
  expect(numbersIn(collector)).toEqual(numbers(250));
  expect(Object.fromEntries(second.sink.account.events)).toMatchObject({
    'left by an earlier process': 200,
  });
  expect(second.sink.account).toMatchObject({ totalDropped: 0, difference: 0 });
});

it('drops the oldest records when its share of the disk is full, and counts them', async () => {
  using place = new TemporaryDirectory();
  await using collector = await ReturningCollector.start();
  await collector.leave();
  const scene = new SpooledCollector(collector.address, place.path, { maxOctets: 20_000 });
  await scene.sink.start();
  await scene.write(2_000, 50);
  const lost = scene.sink.account.dropped.get('spool full')!;
  expect(lost).toBeGreaterThan(0);
  expect(scene.sink.account).toMatchObject({ received: 2_000, held: 2_000 - lost });
  await collector.comeBack();
  await until('what is left', () => collector.received.length === 2_000 - lost);
  await until('an empty spool', () => scene.sink.account.held === 0);
  await scene.sink.stop(60_000);
  expect(numbersIn(collector)).toEqual(numbers(2_000).slice(lost));
  expect(scene.sink.account).toMatchObject({ sent: 2_000 - lost, difference: 0 });
  expect(scene.said.join('\n')).toContain('spool full');
});

it('has on disk every record that it accepted before it was killed', async () => {
  using place = new TemporaryDirectory();
  await using collector = await ReturningCollector.start();
  await collector.leave();
  const log = place.file('log');
  const source = `
    import { appendFileSync } from 'node:fs';
    import { SpooledCollector } from '${import.meta.resolve('../support/spooled-collector.ts')}';
    const scene = new SpooledCollector(${JSON.stringify(collector.address)}, ${JSON.stringify(place.file('spool'))});
    await scene.sink.start();
    for (;;) { await scene.write(10); appendFileSync(${JSON.stringify(log)}, '10 ') }`;
  await using program = new Program([process.execPath, '--input-type=module', '--eval', source]);
  const taken = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split(' ').length * 10 : 0);
  await until('records on disk', () => taken() >= 300);
  await program.stop('SIGKILL');
  await collector.comeBack();
  const scene = new SpooledCollector(collector.address, place.file('spool'));
  await scene.sink.start();
  await until('an empty spool', () => scene.sink.account.held === 0 && collector.received.length > 0);
  await scene.sink.stop(60_000);
  expect(numbersIn(collector).slice(0, taken())).toEqual(numbers(taken()));
  expect(collector.received.length - taken()).toBeLessThanOrEqual(10);
});
