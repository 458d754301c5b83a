import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { set, u32 } from '../support/ipfix-octets.ts';
import { v5, v5Record, v9, v9Options, v9Template } from '../support/netflow-octets.ts';
import { counterSample, ethernet, flowSample, ipv4, rawHeader, sflow } from '../support/sflow-octets.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { concat, ipfixMessage, links, pcap, udp } from './capture/capture-builder.ts';
import { startWeir, weir, weirCommand } from './weir.ts';

const be16 = (value: number): number[] => [value >>> 8, value & 255];

/** A message of one template, 256, and its records. */
function message(
  fields: readonly (readonly [id: number, octets: number])[],
  records: Uint8Array | number[],
): Uint8Array {
  const template = [
    ...be16(256),
    ...be16(fields.length),
    ...fields.flatMap(([id, octets]) => [...be16(id), ...be16(octets)]),
  ];
  const sets = concat(
    be16(2),
    be16(4 + template.length),
    template,
    be16(256),
    be16(4 + records.length),
    records,
  );
  return concat(be16(10), be16(16 + sets.length), [0x65, 0x53, 0xf1, 0], Array(8).fill(0), sets);
}

const SOURCE = [8, 4] as const; // sourceIPv4Address
const INTERFACE_NAME = [82, 65535] as const; // as many octets as the record says

const jsonLines = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('weir decode', () => {
  let directory: TemporaryDirectory;

  beforeEach(() => {
    directory = new TemporaryDirectory();
  });

  afterEach(() => directory[Symbol.dispose]());

  function file(octets: Uint8Array): string {
    const path = directory.file('file');
    writeFileSync(path, octets);
    return path;
  }

  it('reads standard input for -, with or without gzip', async () => {
    const capture = pcap([udp(ipfixMessage(0, [1, 2]))]);
    for (const input of [capture, gzipSync(capture)]) {
      const { code, stdout } = await startWeir(['decode', '-', '-o', 'json'], { input }).ended;
      expect(jsonLines(stdout).map(({ fields }) => fields.octetDeltaCount)).toEqual([1, 2]);
      expect(code).toBe(0);
    }
  });

  it('prints records from standard input before it ends', async () => {
    const [program, ...args] = weirCommand('decode', '-', '-o', 'json');
    const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    try {
      child.stdin.write(pcap([udp(ipfixMessage(0, [1]))]));
      const [line] = await once(child.stdout, 'data');
      expect(jsonLines(String(line))[0].fields.octetDeltaCount).toBe(1);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('prints the records before the damage in a gzip file, reports the damage and fails', async () => {
    const path = file(gzipSync(ipfixMessage(0, [1, 2])).subarray(0, -5));
    const { code, stdout, stderr } = await weir('decode', path, '-o', 'json');
    expect(jsonLines(stdout)).toHaveLength(2);
    expect(jsonLines(stderr)[0]).toMatchObject({ reason: 'gzip-damaged' });
    expect(code).toBe(1);
  });

  it('prints records of NetFlow v9 and v5 in a capture, with what is common to their message', async () => {
    const packets = [
      v9({ sequence: 3 }, set(256, u32(1))),
      v9({ sequence: 4 }, v9Template(256, [1, 4]), set(256, u32(9))),
      v9({ sequence: 5 }, v9Options(257, [[2, 4]], [82, 4]), set(257, u32(3), Buffer.from('eth0'))),
      v5({ nanoseconds: 500_000_000, sequence: 8 }, v5Record()),
    ];
    const path = file(pcap(packets.map((packet) => udp(packet, 2055))));
    const { code, stdout, stderr } = await weir('decode', path, '-o', 'json');
    const common = { exportTime: '2023-11-14T22:13:20Z', exporter: '192.0.2.1:40000', transport: 'udp' };
    const times = { uptimeMilliseconds: 1_000_000 };
    const v9Common = { ...common, ...times, version: 9, observationDomainId: 7 };
    expect(jsonLines(stdout)).toMatchObject([
      { ...v9Common, sequenceNumber: 4, templateId: 256, scopeFieldCount: 0, fields: { octetDeltaCount: 9 } },
      { ...v9Common, scopeFieldCount: 1, fields: { ingressInterface: 3, interfaceName: 'eth0' } },
      {
        ...common,
        ...times,
        version: 5,
        sequenceNumber: 8,
        templateId: 0,
        fields: { octetDeltaCount: 5_000 },
      },
    ]);
    expect(jsonLines(stderr)).toMatchObject([
      { packet: 1, exporter: '192.0.2.1:40000', sequenceNumber: 3, reason: 'template-unknown', offset: 24 },
      { file: path, summary: { messages: 4, records: 3, undecodable: { 'template-unknown': 1 } } },
    ]);
    expect(code).toBe(1);
  });

  it('prints flow samples of sFlow in a capture, and counts other samples', async () => {
    const sample = flowSample({}, rawHeader(ethernet(0x0800, ipv4())));
    const packets = [sflow({}, sample, counterSample), sflow({ sequence: 2 }, counterSample)];
    const times = [1_700_000_000_000_000, 1_700_000_001_000_000];
    const path = file(
      pcap(
        packets.map((packet) => udp(packet, 6343)),
        links.ethernet,
        true,
        times,
      ),
    );
    const { code, stdout, stderr } = await weir('decode', path, '-o', 'json');
    expect(jsonLines(stdout)).toEqual([
      {
        exportTime: '2023-11-14T22:13:20Z',
        exporter: '192.0.2.1:40000',
        transport: 'udp',
        sflowVersion: 5,
        observationDomainId: 3,
        sequenceNumber: 1,
        uptimeMilliseconds: 1_000_000,
        templateId: 0,
        scopeFieldCount: 0,
        fields: expect.objectContaining({ exporterIPv4Address: '10.0.0.9', samplingInterval: 100 }),
      },
    ]);
    const summary = { messages: 2, records: 1, undecodable: {}, skipped: { 'counter samples': 2 } };
    expect(jsonLines(stderr)).toEqual([{ file: path, summary }]);
    expect(code).toBe(0);
  });

  it('reports a file of sFlow without datagrams in one line, and fails', async () => {
    const path = file(sflow({}));
    const { code, stderr } = await weir('decode', path);
    expect(jsonLines(stderr)).toEqual([
      {
        file: path,
        reason: 'sflow-v5',
        packets: 1,
        text: 'sFlow v5: 1 packet from the file, not decoded: Weir reads NetFlow and sFlow in datagrams only',
      },
      { file: path, summary: { messages: 0, records: 0, undecodable: { 'sflow-v5': 1 } } },
    ]);
    expect(code).toBe(1);
  });

  it('shows all values of a repeated element', async () => {
    const path = file(message([SOURCE, SOURCE, [7, 2], [7, 2]], [10, 0, 0, 1, 10, 0, 0, 2, 0, 80, 1, 187]));
    const { code, stdout } = await weir('decode', path);
    expect(stdout.split('\n')[1]).toContain('10.0.0.1,10.0.0.2:80,443');
    expect(code).toBe(0);
  });

  it('does not pad lines after a long name', async () => {
    const POD_NAME = [0x8000 | 101, 65535] as const; // of Antrea, whose number follows
    const name = 60_000;
    const template = concat(
      be16(256),
      be16(2),
      [0, 8, 0, 4],
      be16(POD_NAME[0]),
      be16(POD_NAME[1]),
      [0, 0, 0xdc, 0xba],
    );
    const records = concat([10, 0, 0, 1, 255, ...be16(name)], Array(name).fill(0x78));
    const sets = concat(
      be16(2),
      be16(4 + template.length),
      template,
      be16(256),
      be16(4 + records.length),
      records,
    );
    const wide = concat(be16(10), be16(16 + sets.length), [0x65, 0x53, 0xf1, 0], Array(8).fill(0), sets);
    const path = file(concat(wide, message([SOURCE], Array(4 * 1_000).fill(10))));
    const { code, stdout } = await weir('decode', path);
    const lines = stdout.split('\n');
    expect(lines[1]).toContain('x'.repeat(name));
    expect(Math.max(...lines.slice(2).map(({ length }) => length))).toBeLessThan(300);
    expect(code).toBe(0);
  });

  it.each(['table', 'json'])(
    'passes no control characters from records to a terminal, as %s',
    async (format) => {
      const name = Buffer.from('\x1b[2J\u009b31m\r\n\u202e');
      const path = file(message([INTERFACE_NAME], [name.length, ...name]));
      const { stdout, stderr } = await weir('decode', path, '-o', format);
      expect(stdout).toContain('\\u001b[2J\\u009b31m');
      for (const line of `${stdout}${stderr}`.split('\n')) expect(line).toMatch(/^[ -~]*$/);
    },
  );

  it('waits for a sleeping reader, and holds little meanwhile', async () => {
    const more = message([SOURCE], Array(4 * 10_000).fill(10));
    const path = file(gzipSync(Buffer.concat(Array(1_000).fill(more))));
    const [program, ...args] = weirCommand('decode', path, '-o', 'json');
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(child.stdout, 'readable');
      let before = '';
      await until(
        'it to do nothing more',
        () => {
          const [, , ...ticks] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ');
          const now = `${ticks[11]} ${ticks[12]}`;
          const isIdle = now === before;
          before = now;
          return isIdle;
        },
        { everyMs: 500 },
      );
      const [, peak] = readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+) kB/)!;
      expect(Number(peak)).toBeLessThan(250_000);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
