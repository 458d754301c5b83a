import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { message, set, template, u32 } from '../support/ipfix-octets.ts';
import { v9, v9Template } from '../support/netflow-octets.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { concat, ipfixMessage, pcap, udp } from './capture/capture-builder.ts';
import { startWeir, weir } from './weir.ts';

const jsonLines = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** A message of another exporter in the same domain, with another template of the same id. */
const other = (sequenceNumber: number, packets: number) => {
  const whole = message(set(2, template(256, [2, 4])), set(256, u32(packets)));
  return concat(whole.subarray(0, 8), u32(sequenceNumber), u32(1), whole.subarray(16));
};

describe('weir collect --listen file:', () => {
  let directory: TemporaryDirectory;

  beforeEach(() => {
    directory = new TemporaryDirectory();
  });

  afterEach(() => directory[Symbol.dispose]());

  function file(octets: Uint8Array): string {
    const path = directory.file('recorded');
    writeFileSync(path, octets);
    return path;
  }

  it('prints the records of a capture as decode does, follows its sequence numbers and ends', async () => {
    const path = file(
      pcap([
        udp(ipfixMessage(0, [1, 2])),
        udp(other(0, 7), 4739, 50_000),
        udp(ipfixMessage(5, [3])), // after a loss of three
        udp(other(1, 8), 4739, 50_000),
        udp(v9({ count: 2 }, v9Template(256, [1, 4]), set(256, u32(9))), 4739, 50_001),
      ]),
    );
    const { code, stdout, stderr } = await weir('collect', '--listen', `file:${path}`, '-o', 'json');
    const decoded = await weir('decode', path, '-o', 'json');
    expect(jsonLines(stdout)).toEqual(jsonLines(decoded.stdout));
    expect(jsonLines(stdout)).toHaveLength(6);
    expect(stderr).toMatch(/collector messages +messages +5 +5 +0/);
    expect(stderr).toMatch(/collector +records +6 +6 +0 +0 +yes +lost upstream 3\n/);
    expect(code, stderr).toBe(0);
  });

  it('reads what --write has written as the sessions that they were, and can write it again', async () => {
    const capture = file(
      pcap([0, 1, 2].flatMap((i) => [udp(ipfixMessage(i, [i], true)), udp(other(i, i), 4739, 50_000)])),
    );
    const [first, second] = [directory.file('first.ipfix'), directory.file('second.ipfix')];
    const args = ['-o', 'json', '--no-compress'];
    const fromCapture = await weir('collect', '--listen', `file:${capture}`, '--write', first, ...args);
    const fromFirst = await weir('collect', '--listen', `file:${first}`, '--write', second, ...args);
    const fromSecond = await weir('decode', second, '-o', 'json');
    const expected = jsonLines(fromCapture.stdout);
    expect(expected).toHaveLength(6);
    expect(new Set(expected.map(({ exporter }) => exporter)).size).toBe(2);
    expect(jsonLines(fromFirst.stdout)).toEqual(expected);
    expect(jsonLines(fromSecond.stdout)).toEqual(expected);
    expect(fromFirst.stderr).toMatch(/message file +messages +6 +6 +0/);
    expect(fromFirst.stderr).toMatch(/collector +records +6 +6 +0 +0 +yes\n/);
    expect([fromCapture.code, fromFirst.code, fromSecond.code]).toEqual([0, 0, 0]);
  });

  it('prints every record of standard input, however slow its reader is', async () => {
    const many = Array.from({ length: 12 }, (_, i) => ipfixMessage(i * 10_000, Array(10_000).fill(1)));
    const input = concat(...many);
    const args = ['collect', '--listen', 'file:-', '-o', 'json'];
    const { code, stdout, stderr } = await startWeir(args, { input }).ended;
    expect(stdout.trimEnd().split('\n')).toHaveLength(120_000);
    expect(jsonLines(stdout.slice(0, stdout.indexOf('\n')))).toMatchObject([
      { transport: 'file', version: 10 },
    ]);
    expect(stderr).toMatch(/output +records +120000 +120000 +0/);
    expect(code).toBe(0);
  });

  it('fails after the records before damage, and says where that is', async () => {
    const whole = ipfixMessage(0, [1]);
    const path = file(concat(whole, ipfixMessage(1, [2]).subarray(0, 20)));
    const { code, stdout, stderr } = await weir('collect', '--listen', `file:${path}`, '-o', 'json');
    expect(jsonLines(stdout)).toMatchObject([{ fields: { octetDeltaCount: 1 } }]);
    expect(stderr).toContain(`"offset":${whole.length},"reason":"message-truncated"`);
    expect(code).toBe(1);
  });

  it('fails if records lack their template', async () => {
    const path = file(ipfixMessage(0, [1], false));
    const { code, stderr } = await weir('collect', '--listen', `file:${path}`);
    expect(stderr).toContain('template-unknown');
    expect(code).toBe(1);
  });

  it('names a file that is not there, and refuses files beside addresses', async () => {
    const missing = await weir('collect', '--listen', `file:${directory.file('none')}`);
    expect(missing.stderr).toMatch(/none: there is no such file.*WEIR_FILE_UNREADABLE/s);
    expect(missing.code).toBe(1);
    const mixed = await weir('collect', '--listen', 'file:a', '--listen', 'tcp://127.0.0.1:0');
    expect(mixed.stderr).toContain('name only files, or only addresses');
    expect(mixed.code).toBe(2);
  });
});
