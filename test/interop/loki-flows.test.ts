import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf, type FlowBatch } from '../../src/flow/index.ts';
import { startWeir, weir } from '../cli/weir.ts';
import { FlowCorpus } from '../support/flow-corpus.ts';
import { type Loki, startLoki } from '../support/loki.ts';
import { logFlows, unhurried } from '../support/loki-flows.ts';
import { flowsPassing, printedFlows, sortedTexts } from '../support/printed-flows.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const sink = { tenant: 'weir', omit: [] };

requires('loki')('weir flows --from loki', () => {
  let loki: Loki;
  let batches: FlowBatch[];
  let directory: TemporaryDirectory;
  let asked: string[];

  beforeAll(async () => {
    loki = await startLoki({ tenants: true, limits: { ...unhurried, max_entries_limit_per_query: 1_000 } });
    batches = [...new FlowCorpus({ records: 6_000, startMs: Date.now() - 60_000 }).batches()];
    await logFlows(loki, batches, sink);
    directory = new TemporaryDirectory();
    const file = directory.file('aggregator.yaml');
    writeFileSync(
      file,
      `aggregatorTransportProtocol: tcp\nweir: { sinks: [{ loki: { url: "${loki.url}", tenant: weir, omit: [] } }] }\n`,
    );
    asked = ['flows', '--from', 'loki', '--config', file];
  });

  afterAll(async () => {
    directory?.[Symbol.dispose]();
    await loki?.[Symbol.asyncDispose]();
  });

  it('prints every matching record in full, as an aggregator prints it', async () => {
    const { code, stdout, stderr } = await weir(...asked, '--since', '10m', '-o', 'json');
    expect([code, stderr]).toEqual([0, '']);
    expect(sortedTexts(printedFlows(stdout))).toEqual(sortedTexts(flowsPassing(batches)));

    const filtered = await weir(
      ...asked,
      '--since',
      '10m',
      '-o',
      'json',
      '--action',
      'drop',
      '--port',
      '!80',
    );
    const denied = flowsPassing(batches, { action: ['drop'], port: ['!80'] });
    expect(denied.length).toBeGreaterThan(10);
    expect(sortedTexts(printedFlows(filtered.stdout))).toEqual(sortedTexts(denied));
  });

  it('prints the newest records, twenty by default', async () => {
    const ends = batches.flatMap((batch) => [...batch].map((one) => one.flowEndMilliseconds!)).toSorted();
    const twenty = await weir(...asked, '-o', 'json');
    const shown = printedFlows(twenty.stdout) as { flowEndMilliseconds: string }[];
    expect(shown.map((one) => Date.parse(one.flowEndMilliseconds))).toEqual(ends.slice(-20));
    const { stdout } = await weir(...asked, '--last', '3', '--since', '10m');
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^TIME \(UTC\) +PROTO +SOURCE/),
      ...Array(3).fill(expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} /)),
    ]);
  });

  it('continues with new flows after the shown ones', async () => {
    await using follow = startWeir([...asked, '--follow', '--last', '2', '-o', 'compact']);
    await follow.says(/\n[^\n]*\n/);
    const late = {
      flowEndMilliseconds: Date.now() - 30_000,
      sourceIP: '192.0.2.77',
      destinationIP: '192.0.2.1',
    };
    await logFlows(loki, [batchOf([{ ...late, protocolIdentifier: 17 }])], sink);
    await follow.says(/UDP 192\.0\.2\.77/);
    await logFlows(
      loki,
      [batchOf([{ ...late, protocolIdentifier: 6, flowEndMilliseconds: Date.now() }])],
      sink,
    );
    await follow.says(/TCP 192\.0\.2\.77/);
    expect(follow.stdout.match(/192\.0\.2\.77/g)).toHaveLength(2);
    const { signal } = await follow.stop('SIGINT');
    expect(signal).toBe('SIGINT');
  });

  it('explains the remedy when Loki requires a tenant', async () => {
    const { code, stderr } = await weir('flows', '--from', 'loki', '--server', loki.url);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^weir: Loki at http:\S+ says 401: no org id\n {2}Name the tenant with --tenant/),
    ]);
    using headers = new TemporaryDirectory();
    writeFileSync(headers.file('headers'), 'X-Scope-OrgID: weir\n');
    const told = await weir(
      'flows',
      '--from',
      'loki',
      '--server',
      loki.url,
      '--headers-file',
      headers.file('headers'),
    );
    expect(told.code, told.stderr).toBe(0);
  });
});
