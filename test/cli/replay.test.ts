import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlainCollector } from '../support/plain-collector.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { concat, ipfixMessage, links, pcap, udp } from './capture/capture-builder.ts';
import { startWeir, weir, weirCommand } from './weir.ts';

const messages = [ipfixMessage(0, [1, 2]), ipfixMessage(2, [3]), ipfixMessage(3, [4, 5])];

const summaryIn = (stderr: string) =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .at(-1).summary;

describe('weir replay', () => {
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

  it('sends a gzip file from standard input as fast as it can, and prints totals', async () => {
    await using receiving = await PlainCollector.start();
    const args = ['replay', '-', '--to', receiving.url, '--fast'];
    const input = gzipSync(concat(...messages));
    const { code, stdout, stderr } = await startWeir(args, { input }).ended;
    expect(summaryIn(stderr)).toEqual({ messages: 3, records: 5, withoutTemplates: 0, refused: {} });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    await until('the records', () => receiving.octets.length === 5);
    expect(receiving.octets).toEqual([1, 2, 3, 4, 5]);
  });

  it('keeps the gaps of a capture, divided by the speed', async () => {
    await using receiving = await PlainCollector.start();
    const packets = messages.map((message) => udp(message));
    const path = file(pcap(packets, links.ethernet, true, [0, 1_000_000, 4_000_000]));
    const startMs = performance.now();
    const { code } = await weir('replay', path, '--to', receiving.url, '--speed', '10');
    expect(performance.now() - startMs).toBeGreaterThan(400);
    expect(code).toBe(0);
    await until('the records', () => receiving.octets.length === 5);
  });

  it('prints totals and fails when it is asked to end', async () => {
    await using receiving = await PlainCollector.start();
    const packets = messages.map((message) => udp(message));
    const path = file(pcap(packets, links.ethernet, true, [0, 0, 86_400_000_000]));
    await using program = startWeir(['replay', path, '--to', receiving.url]);
    await until('the first records', () => receiving.octets.length === 3);
    const { code, stderr } = await program.stop();
    expect(summaryIn(stderr)).toMatchObject({ messages: 2, records: 3 });
    expect(code).toBe(1);
  });

  it('ends on request while standard input is silent', async () => {
    await using receiving = await PlainCollector.start();
    const [program, ...args] = weirCommand('replay', '-', '--to', receiving.url);
    const child = spawn(program!, args, { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.write(messages[0]!);
    await until('the first records', () => receiving.octets.length === 2);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
  });

  it('says that the collector ended the session, and fails', async () => {
    const server = createServer((socket: Socket) => socket.once('data', () => socket.destroy()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const path = file(Buffer.concat(Array(400).fill(ipfixMessage(0, Array(10_000).fill(1)))));
    const { code, stderr } = await weir('replay', path, '--to', `tcp://127.0.0.1:${port}`, '--fast');
    server.close();
    expect(stderr).toMatch(/the session with 127\.0\.0\.1:\d+:tcp ended early: .*WEIR_REPLAY_CUT_SHORT/s);
    expect(summaryIn(stderr).messages).toBeLessThan(400);
    expect(code).toBe(1);
  });

  it('says which collector does not answer, and which words it does not understand', async () => {
    const path = file(messages[0]!);
    const unreachable = await weir('replay', path, '--to', 'tcp://127.0.0.1:1');
    expect(unreachable.stderr).toMatch(
      /127\.0\.0\.1:1:tcp: connect ECONNREFUSED.*WEIR_COLLECTOR_UNREACHABLE/s,
    );
    expect(unreachable.code).toBe(1);
    const wrong = await weir('replay', path, '--to', 'collector:4739', '--speed', '0');
    expect(wrong.stderr).toMatch(/expected PROTOCOL:\/\/HOST\[:PORT\], found "collector:4739"/);
    expect(wrong.code).toBe(2);
  });
});
