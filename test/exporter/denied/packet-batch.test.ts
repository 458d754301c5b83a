import { describe, expect, it } from 'vitest';
import { BATCH_OCTETS, PacketBatch } from '../../../src/exporter/denied/packet-batch.ts';
import { batchOfPackets, emptyBatch } from '../../support/nflog-packets.ts';

const label = (batch: PacketBatch, group: number, prefix: string) => {
  const bytes = new TextEncoder().encode(prefix);
  return batch.labelOf(group, bytes, 0, bytes.length);
};

describe('PacketBatch', () => {
  it('shares its rows and labels with another reader of the buffer', () => {
    const batch = batchOfPackets([{ prefix: 'one' }, { prefix: 'two', group: 6 }, { prefix: 'one' }]);
    const rows = batch.seal();
    const buffer = structuredClone(batch.buffer, { transfer: [batch.buffer] });
    const opened = new PacketBatch(buffer).open(rows);
    expect([opened.length, opened.labels]).toEqual([3, 2]);
    expect([...opened.label.subarray(0, 3)].map((at) => [opened.groupOf(at), opened.prefixOf(at)])).toEqual([
      [5, 'one'],
      [6, 'two'],
      [5, 'one'],
    ]);
  });

  it('takes as many octets as it asks for', () => {
    expect(() => new PacketBatch(new ArrayBuffer(BATCH_OCTETS))).not.toThrow();
    expect(() => new PacketBatch(new ArrayBuffer(BATCH_OCTETS - 1))).toThrow();
  });

  it('has one label for each prefix of a group', () => {
    const batch = emptyBatch();
    const labels = [label(batch, 5, 'a'), label(batch, 6, 'a'), label(batch, 5, 'b'), label(batch, 5, 'a')];
    expect(labels).toEqual([0, 1, 2, 0]);
  });

  it('is full when it has no room for another label', () => {
    const batch = emptyBatch();
    for (let number = 0; number < 255; number++) label(batch, 5, `rule ${number}`);
    expect(batch.isFull).toBe(false);
    label(batch, 5, 'rule 255');
    expect(batch.isFull).toBe(true);
    expect([batch.prefixOf(0), batch.prefixOf(255)]).toEqual(['rule 0', 'rule 255']);
  });

  it('keeps the first 128 octets of a prefix that is too long', () => {
    const batch = emptyBatch();
    expect(batch.prefixOf(label(batch, 5, 'x'.repeat(300)))).toBe('x'.repeat(128));
  });

  it('is empty only if it has neither rows nor counts', () => {
    const batch = emptyBatch();
    expect(batch.isEmpty).toBe(true);
    batch.counts[7] = 1;
    expect(batch.isEmpty).toBe(false);
    expect(batch.clear().isEmpty).toBe(true);
  });
});
