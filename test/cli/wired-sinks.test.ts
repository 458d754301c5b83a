import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FanOut } from '../../src/aggregator/index.ts';
import { loadAggregatorSettings } from '../../src/cli/config/index.ts';
import { Service } from '../../src/cli/service.ts';
import { WiredSinks } from '../../src/cli/wired-sinks.ts';
import { batchOf } from '../../src/flow/index.ts';
import { completeRecord } from '../support/ipfix.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const sinksOf = (text: string) =>
  loadAggregatorSettings(`weir:\n  sinks: [${text}]`, 'aggregator.yaml').settings.sinks;

it('sinks change while records come, and each record reaches the sink of its time', async () => {
  using directory = new TemporaryDirectory();
  const [one, other, third] = ['one', 'other', 'third'].map((name) => directory.file(`${name}.jsonl`));
  const service = new Service('error');
  const lines: string[] = [];
  service.writeLine = (line) => lines.push(line);
  const sinks = new WiredSinks(
    sinksOf(
      `{ name: kept, jsonLines: { path: "${one}" } }, { name: changed, jsonLines: { path: "${other}" } }`,
    ),
    service,
  );
  const fanOut = new FanOut(service.clock, service.ledger, service.log, sinks.options);
  await fanOut.start();
  let sent = 0;
  const send = () => fanOut.write(batchOf([completeRecord('aggregated', 4, ++sent)]));
  const account = (name: string) => service.ledger.toJSON().filter((one) => one.name === name);
  for (let i = 0; i < 50; i++) send();
  const moved = `{ name: kept, jsonLines: { path: "${one}" } }, { name: changed, jsonLines: { path: "${third}" } }`;
  const change = sinks.change(fanOut, sinksOf(moved));
  for (let i = 0; i < 50; i++) send();
  await change;
  for (let i = 0; i < 50; i++) send();
  await until('all records', () => account('sink changed')[0]?.sent === sent);

  await sinks.change(fanOut, sinksOf(`{ name: kept, jsonLines: { path: "${one}" } }`));
  send();
  const impossible = '{ name: changed, jsonLines: { path: /proc/none/flows.jsonl } }';
  await sinks.change(fanOut, sinksOf(`{ name: kept, jsonLines: { path: "${one}" } }, ${impossible}`));
  expect(lines.at(-1)).toMatch(/error changed: its new options are not applied: /);
  expect(sinks.settings.map(({ name }) => name)).toEqual(['kept']);
  await sinks.change(fanOut, sinksOf(moved));
  send();
  await fanOut.stop(60_000);

  const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').length - 1;
  expect(linesOf(one!)).toBe(152);
  expect(linesOf(other!) + linesOf(third!)).toBe(151);
  expect(linesOf(third!)).toBeGreaterThanOrEqual(51);
  expect(account('sink changed')).toEqual([
    expect.objectContaining({ received: 151, sent: 151, closed: true }),
  ]);
  expect(account('sink kept')).toEqual([expect.objectContaining({ received: 152, sent: 152, closed: true })]);
  expect(service.ledger.isClosed).toBe(true);
});
