import { describe, expect, it } from 'vitest';
import { Stream, selectorOf } from '../../../src/logs/flow-lines/stream.ts';
import { LineBatch } from '../../../src/logs/push/line-batch.ts';
import { ProtobufReader } from '../../../src/logs/push/protobuf-reader.ts';
import { streamsOf } from '../../support/line-batches.ts';

const NOW = Date.UTC(2026, 0, 31, 10, 0, 0, 7);

function write(stream: Stream, timeMs: number, line: string): void {
  const octets = new TextEncoder().encode(line);
  stream.open(timeMs).append(octets, 0, octets.length);
  stream.closeLine();
  stream.close();
}

describe('a stream', () => {
  it('orders its labels as Loki does', () => {
    expect(selectorOf({ b: 'two', a: 'o"n\\e\n' })).toBe('{a="o\\"n\\\\e\\n", b="two"}');
  });

  it('encodes entries with padded varints as lengths and times', () => {
    const stream = new Stream(0, { a: 'b' });
    write(stream, NOW, 'x'.repeat(200));
    const [entry] = new ProtobufReader(stream.entries.written).fields();
    const [timestamp, line] = new ProtobufReader(entry!.content).fields();
    expect([entry!.key, timestamp!.key, line!.key]).toEqual([0x12, 0x0a, 0x12]);
    expect([...stream.entries.written.subarray(1, 4)]).toEqual([
      (entry!.content.length & 0x7f) | 0x80,
      (entry!.content.length >> 7) | 0x80,
      0,
    ]);
    const fields = [...new ProtobufReader(timestamp!.content).fields()].map(({ key, value }) => [key, value]);
    expect(fields).toEqual([
      [0x08, Math.floor(NOW / 1_000)],
      [0x10, 7_000_000],
    ]);
    expect(new TextDecoder().decode(line!.content)).toBe('x'.repeat(200));
  });

  it('gives consecutive entries of one millisecond different nanoseconds', () => {
    const stream = new Stream(0, { a: 'b' });
    for (const timeMs of [NOW, NOW, NOW, NOW + 1, NOW]) write(stream, timeMs, 'line');
    const [{ values }] = streamsOf(LineBatch.take([stream], 0)) as [ReturnType<typeof streamsOf>[0]];
    expect(values.map(([time]) => time.slice(-9))).toEqual([
      '007000000',
      '007000001',
      '007000002',
      '008000000',
      '007000000',
    ]);
  });

  it('keeps no taken entries, and releases the memory of a burst', () => {
    const stream = new Stream(0, { a: 'b' });
    for (let i = 0; i < 1_000; i++) write(stream, NOW, 'a line of a burst');
    const batch = LineBatch.take([stream], 0);
    expect([batch.count, stream.count, stream.entries.length]).toEqual([1_000, 0, 0]);
    write(stream, NOW, 'one');
    expect(LineBatch.take([stream], 0).count).toBe(1);
    expect(stream.entries.bytes.length).toBeLessThan(5_000);
    expect(streamsOf(batch)[0]!.values).toHaveLength(1_000);
  });
});
