import { readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { message, set, template, u32 } from '../support/ipfix-octets.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { concat, ipfixMessage, pcap, udp } from './capture/capture-builder.ts';
import { startWeir, weir } from './weir.ts';

const jsonLines = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('weir collect --write', () => {
  let directory: TemporaryDirectory;

  beforeEach(() => {
    directory = new TemporaryDirectory();
  });

  afterEach(() => directory[Symbol.dispose]());

  async function startCollecting(transport: 'tcp' | 'udp', ...more: string[]) {
    const path = directory.file('flows.ipfix');
    const listen = `${transport}://127.0.0.1:0`;
    const program = startWeir(['collect', '--listen', listen, '--write', path, '-o', 'json', ...more]);
    const [, port] = await program.says(/listens on [a-z]+:\/\/127\.0\.0\.1:(\d+)/);
    await program.says(/weir: ready/);
    return { program, path, port: Number(port), url: `${transport}://127.0.0.1:${port}` };
  }

  it('has the records of a replayed capture, those of two exporters with one template id apart', async () => {
    const other = message(set(2, template(256, [2, 4])), set(256, u32(99))); // domain 7
    const sameDomain = concat(other.subarray(0, 12), u32(1), other.subarray(16));
    const capture = directory.file('flows.pcap');
    const packets = [
      udp(ipfixMessage(0, [1, 2])),
      udp(sameDomain, 4739, 50_000),
      udp(ipfixMessage(2, [3])),
      udp(sameDomain, 4739, 50_000),
      udp(ipfixMessage(3, [4, 5])),
    ];
    writeFileSync(capture, pcap(packets));
    const { program, path, url } = await startCollecting('tcp');
    await using _ = program;
    expect((await weir('replay', capture, '--to', url, '--fast')).code).toBe(0);
    await until('the records', () => program.stdout.split('\n').length > 7);
    const { stderr } = await program.stop('SIGINT');
    expect(stderr).toMatch(/message file +messages +5 +5 +0/);
    const written = await weir('decode', path, '-o', 'json');
    const captured = await weir('decode', capture, '-o', 'json');
    expect({ written: written.code, captured: captured.code }).toEqual({ written: 0, captured: 0 });
    const inOrder = (lines: { exporter: string }[], first: (exporter: string) => boolean) =>
      [true, false].map((isFirst) => lines.filter(({ exporter }) => first(exporter) === isFirst));
    const contents = (lines: object[]) => lines.map((line) => ({ ...line, exporter: '', transport: '' }));
    // Two sessions arrive in either order, each in its own.
    const found = jsonLines(written.stdout);
    const ports = new Set(found.map(({ exporter }) => exporter));
    expect(ports.size).toBe(2);
    const expected = inOrder(jsonLines(captured.stdout), (exporter) => exporter.endsWith(':40000'));
    const ofFirst = found.find(({ fields }) => fields.octetDeltaCount !== undefined).exporter;
    const actual = inOrder(found, (exporter) => exporter === ofFirst);
    expect(actual.map(contents)).toEqual(expected.map(contents));
    expect(actual.map(({ length }) => length)).toEqual([5, 2]);
  });

  it('puts the file of an earlier run aside, and says where that ends if it was killed', async () => {
    const path = directory.file('flows.ipfix');
    const whole = ipfixMessage(0, [1, 2]);
    writeFileSync(path, concat(whole, ipfixMessage(2, [3]).subarray(0, 20)));
    const { program, port } = await startCollecting('tcp', '--no-compress');
    await using _ = program;
    connect(port, '127.0.0.1').end(ipfixMessage(0, [4]));
    await program.says(/"octetDeltaCount":4/);
    const { code } = await program.stop('SIGINT');
    expect(code).toBe(0);
    const [old, ...others] = readdirSync(directory.path).filter((name) => /^flows-\d/.test(name));
    expect(others).toEqual([]);
    const { stdout, stderr, code: decoded } = await weir('decode', directory.file(old!), '-o', 'json');
    expect(jsonLines(stdout)).toHaveLength(2);
    expect(jsonLines(stderr)[0]).toMatchObject({ reason: 'message-truncated', offset: whole.length });
    expect(decoded).toBe(1);
    const { stdout: now } = await weir('decode', path, '-o', 'json');
    expect(jsonLines(now)).toMatchObject([{ exporter: /./, fields: { octetDeltaCount: 4 } }]);
  });

  it('says what is wrong with its options', async () => {
    const missing = await weir('collect', '--listen', 'tcp://127.0.0.1:0', '--write', '/none/flows.ipfix');
    expect(missing.stderr).toMatch(/cannot open \/none\/flows\.ipfix for appending.*WEIR_MESSAGE_FILE/s);
    expect(missing.code).toBe(1);
    const wrong = await weir('collect', '--write', 'flows.ipfix', '--max-open', '10ms');
    expect(wrong.stderr).toContain('expected a duration from 1s on');
    expect(wrong.code).toBe(2);
  });
});
