import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf, type FlowBatch } from '../../src/flow/index.ts';
import { startWeir, weir } from '../cli/weir.ts';
import { FlowCorpus } from '../support/flow-corpus.ts';
import { logFlows } from '../support/loki-flows.ts';
import { flowsPassing, printedFlows, sortedTexts } from '../support/printed-flows.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { startVictoriaLogs, type VictoriaLogs } from '../support/victoria-logs.ts';

const flags = { 'http.pathPrefix': '/logs', 'httpAuth.username': 'weir', 'httpAuth.password': 'secret' };
const authorization = `Basic ${Buffer.from('weir:secret').toString('base64')}`;

requires('victoria-logs')('weir flows --from victorialogs', () => {
  let server: VictoriaLogs;
  let batches: FlowBatch[];
  let directory: TemporaryDirectory;
  let sink: { tenant: string; omit: []; username: string; passwordFile: string };
  let asked: string[];

  beforeAll(async () => {
    server = await startVictoriaLogs({ flags, headers: { authorization, AccountID: '7', ProjectID: '2' } });
    directory = new TemporaryDirectory();
    const [file, passwordFile] = [directory.file('aggregator.yaml'), directory.file('password')];
    writeFileSync(passwordFile, 'secret\n');
    sink = { tenant: '7:2', omit: [], username: 'weir', passwordFile };
    const sinks = [{ victoriaLogs: { url: server.url, ...sink } }];
    writeFileSync(file, JSON.stringify({ aggregatorTransportProtocol: 'tcp', weir: { sinks } })); // JSON is YAML
    asked = ['flows', '--from', 'victorialogs', '--config', file];
    batches = [...new FlowCorpus({ records: 6_000, startMs: Date.now() - 60_000 }).batches()];
    await log(batches);
    await server.flush();
  });

  afterAll(async () => {
    directory?.[Symbol.dispose]();
    await server?.[Symbol.asyncDispose]();
  });

  const log = (flows: readonly FlowBatch[]) =>
    logFlows({ url: server.url, server: 'victoriaLogs' }, flows, sink);

  it('prints every record in full, as an aggregator prints it', async () => {
    const { code, stdout, stderr } = await weir(...asked, '--since', '10m', '-o', 'json');
    expect([code, stderr]).toEqual([0, '']);
    expect(sortedTexts(printedFlows(stdout))).toEqual(sortedTexts(flowsPassing(batches)));
  });

  it.each([
    { action: ['drop'], port: ['!80'] },
    { proto: ['udp', 'icmp'], dst: ['10.244.0.0/16', 'svc:ns1/w1'] },
    { type: ['to-external'], src: ['10.0.0.0/8'], node: ['!node-1'] },
  ])('prints the records that match %j', async (words) => {
    const options = Object.entries(words).flatMap(([word, values]) =>
      values.flatMap((value) => [`--${word}`, value]),
    );
    const { code, stdout, stderr } = await weir(...asked, '--since', '10m', '-o', 'json', ...options);
    expect([code, stderr]).toEqual([0, '']);
    const passing = flowsPassing(batches, words);
    expect(passing.length).toBeGreaterThan(10);
    expect(sortedTexts(printedFlows(stdout))).toEqual(sortedTexts(passing));
  });

  it('prints the newest records, twenty by default', async () => {
    const ends = batches.flatMap((batch) => [...batch].map((one) => one.flowEndMilliseconds!)).toSorted();
    const twenty = await weir(...asked, '-o', 'json');
    const shown = printedFlows(twenty.stdout).map(({ flowEndMilliseconds }) => flowEndMilliseconds);
    expect(shown.map((end) => Date.parse(String(end)))).toEqual(ends.slice(-20));
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
    await log([batchOf([{ ...late, protocolIdentifier: 17 }])]);
    await follow.says(/UDP 192\.0\.2\.77/);
    await log([batchOf([{ ...late, protocolIdentifier: 6, flowEndMilliseconds: Date.now() }])]);
    await follow.says(/TCP 192\.0\.2\.77/);
    expect(follow.stdout.match(/192\.0\.2\.77/g)).toHaveLength(2);
    const { signal } = await follow.stop('SIGINT');
    expect(signal).toBe('SIGINT');
  });

  it('explains the remedy when VictoriaLogs requires credentials, and reads them from a file', async () => {
    const bare = ['flows', '--from', 'victorialogs', '--server', server.url];
    const { code, stderr } = await weir(...bare);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^weir: VictoriaLogs at http:\S+ says 401: .*\n {2}Write the required headers as .* --headers-file/,
      ),
    ]);
    writeFileSync(directory.file('headers'), `authorization: ${authorization}\n`);
    const told = [...bare, '--headers-file', directory.file('headers'), '-o', 'json'];
    const ofTenant = await weir(...told, '--tenant', '7:2');
    expect(printedFlows(ofTenant.stdout)).toHaveLength(20);
    const ofNobody = await weir(...told);
    expect([ofNobody.code, ofNobody.stdout, ofNobody.stderr]).toEqual([0, '', '']);
  });

  it('explains the remedy if another server or nothing answers', async () => {
    const other = ['flows', '--from', 'victorialogs', '--server', new URL(server.url).origin];
    writeFileSync(directory.file('headers'), `authorization: ${authorization}\n`);
    const { code, stderr } = await weir(...other, '--headers-file', directory.file('headers'));
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/\n {2}Give the URL of VictoriaLogs, .* --server/),
    ]);
  });
});
