import { readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { ipfixMessage } from '../cli/capture/capture-builder.ts';
import { startWeir, weir } from '../cli/weir.ts';
import { octets, set, template, u32 } from '../support/ipfix-octets.ts';
import { OwnDisk } from '../support/own-disk.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const messageOf = (sequenceNumber: number, ...sets: Uint8Array[]): Uint8Array => {
  const body = octets(...sets);
  const header = [10, 16 + body.length].map((value) => [value >>> 8, value & 255]);
  return octets(header, u32(1_700_000_000), u32(sequenceNumber), u32(0), body);
};

async function startCollecting(path: string) {
  const program = startWeir(['collect', '--listen', 'tcp://127.0.0.1:0', '--write', path, '-o', 'json']);
  const [, port] = await program.says(/listens on tcp:\/\/127\.0\.0\.1:(\d+)/);
  await program.says(/weir: ready/);
  return { program, port: Number(port) };
}

/** Two exporters of domain 0 take turns: one counts octets by template 256, the other packets. */
async function collectTurns(path: string, otherTemplate: number): Promise<void> {
  const { program, port } = await startCollecting(path);
  await using _ = program;
  const exporters = [
    { socket: connect(port, '127.0.0.1'), id: 256, element: 1, counter: 'octetDeltaCount', from: 101 },
    {
      socket: connect(port, '127.0.0.1'),
      id: otherTemplate,
      element: 2,
      counter: 'packetDeltaCount',
      from: 201,
    },
  ];
  for (let turn = 0; turn < 3; turn++) {
    for (const { socket, id, element, counter, from } of exporters) {
      const templates = turn === 0 ? [set(2, template(id, [element, 4], [4, 1]))] : [];
      socket.write(messageOf(turn, ...templates, set(id, u32(from + turn), [6])));
      await program.says(new RegExp(`"${counter}":${from + turn}`));
    }
  }
  for (const { socket } of exporters) socket.end();
  expect((await program.stop('SIGINT')).code).toBe(0);
}

requires('tshark', 'ipfixDump')('a file of messages that Weir wrote', () => {
  it('reads rightly in tshark, with two exporters that use one domain and template id', async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file('flows.ipfix');
    await collectTurns(path, 256);
    const fields = ['-T', 'fields', '-e', 'cflow.od_id', '-e', 'cflow.octets', '-e', 'cflow.packets'];
    const tshark = new Program(['tshark', '-n', '-r', path, ...fields, '-E', 'separator=;']);
    const lines = (await tshark.succeeds()).split('\n').filter((line) => /;\d/.test(line));
    const [own, other] = [0, 4_294_967_294];
    expect(lines).toEqual([
      `${own};101;`,
      `${other};;201`,
      `${own};102;`,
      `${other};;202`,
      `${own};103;`,
      `${other};;203`,
    ]);
  });

  // ipfixDump 2.4 mixes up templates of two domains with one id, whoever wrote the file.
  it('reads rightly in ipfixDump, with two exporters of one domain', async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file('flows.ipfix');
    await collectTurns(path, 300);
    const dump = await new Program(['ipfixDump', '--in', path, '--data']).succeeds();
    const values = [...dump.matchAll(/(octet|packet)DeltaCount *: *(\d+)/g)].map(
      ([, name, value]) => `${name}${value}`,
    );
    expect(values).toEqual(['octet101', 'packet201', 'octet102', 'packet202', 'octet103', 'packet203']);
  });
});

requires('namespaces', 'mount')('a collector whose disk is full', () => {
  it('counts the messages that it could not write, and its files have all others whole', async () => {
    await using disk = await OwnDisk.start('1m');
    const path = disk.file('flows.ipfix');
    const { program, port } = await startCollecting(path);
    await using _ = program;
    const socket = connect(port, '127.0.0.1');
    const send = async (number: number, announce = false) => {
      socket.write(ipfixMessage(number * 2_000, Array(2_000).fill(number), announce));
      await program.says(new RegExp(`"octetDeltaCount":${number}}`));
    };
    await send(1, true);
    await until('the first message on the disk', () => statSync(path).size > 0);
    disk.fill();
    let number = 1;
    while (!program.stderr.includes('messages are lost')) await send(++number);
    disk.makeRoom();
    await send(++number);
    socket.end();
    const { stderr } = await program.stop('SIGINT');
    const [, received, sent, dropped] = /^message file +messages +(\d+) +(\d+) +(\d+) +0 +yes +not written/m
      .exec(stderr)!
      .map(Number);
    expect(received).toBe(number);
    expect(sent! + dropped!).toBe(received);
    expect(dropped).toBeGreaterThan(0);
    const files = readdirSync(disk.file('.')).filter(
      (name) => name.endsWith('.ipfix') || name.endsWith('.gz'),
    );
    let records = 0;
    const read = new Set<number>();
    for (const file of files) {
      const { stdout, stderr: faults } = await weir('decode', disk.file(file), '-o', 'json');
      expect(faults).toContain('"undecodable":{}');
      for (const line of stdout.split('\n').filter(Boolean)) {
        records++;
        read.add(JSON.parse(line).fields.octetDeltaCount);
      }
    }
    expect(records).toBe(sent! * 2_000);
    expect(read.has(1)).toBe(true);
    expect(read.size).toBe(sent!);
    expect(read.has(number)).toBe(true);
  });
});
