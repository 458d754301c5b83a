import { describe, expect, it } from 'vitest';
import { KeptLines } from '../../../../src/console/app/flows/kept-lines.ts';
import { countIn, JsonLineReader } from '../../../../src/console/app/flows/record-line.ts';

describe('a stream of records', () => {
  it('is read wherever its pieces end, and counts lines that are no records', () => {
    const reader = new JsonLineReader();
    const text =
      '{"flowId":1}\n{"sourceIP":"192.0.2.1"}\nnonsense\n[1]\n\n{"flowId":"18446744073709551615"}\n';
    const lines = [...text].flatMap((character) => reader.read(character));
    expect(lines).toEqual([{ flowId: 1 }, { sourceIP: '192.0.2.1' }, { flowId: '18446744073709551615' }]);
    expect(reader.unreadable).toBe(2);
  });

  it('without line breaks takes no more memory than a line may have', () => {
    const reader = new JsonLineReader();
    for (let piece = 0; piece < 100; piece++) reader.read('x'.repeat(65_536));
    expect(reader.unreadable).toBeGreaterThan(10);
    expect(reader.read('\n{"flowId":1}\n')).toEqual([{ flowId: 1 }]);
  });

  it('keeps the newest records, and counts those that there is no room for', () => {
    const kept = new KeptLines(3);
    for (let flowId = 1; flowId <= 20; flowId++) kept.add([{ flowId }]);
    expect(kept.lines).toEqual([{ flowId: 18 }, { flowId: 19 }, { flowId: 20 }]);
    expect(kept.leftOut).toBe(17);
    kept.add([{ flowId: 21 }, { flowId: 22 }, { flowId: 23 }, { flowId: 24 }]);
    expect(kept.lines.map(({ flowId }) => flowId)).toEqual([22, 23, 24]);
    expect(kept.leftOut).toBe(21);
  });

  it('has exact counters above 2^53, which come as text', () => {
    expect(countIn({ octetTotalCount: '18446744073709551615' }, 'octetTotalCount')).toBe(2n ** 64n - 1n);
    expect(countIn({}, 'octetTotalCount')).toBeUndefined();
  });
});
