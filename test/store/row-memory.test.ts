import { describe, expect, it } from 'vitest';
import { RowMemory } from '../../src/store/row-memory.ts';

describe('the memory of rows', () => {
  it('is used again, for the same size only', () => {
    const memory = new RowMemory();
    const buffers = [memory.take(8), memory.take(16)];
    memory.giveBack(buffers);
    expect(memory.take(8)).toBe(buffers[0]);
    expect(memory.take(8)).not.toBe(buffers[0]);
    expect(memory.take(16)).toBe(buffers[1]);
  });

  it('is let go when nobody took it from one look to the next', () => {
    const memory = new RowMemory();
    const buffers = [memory.take(8), memory.take(8)];
    memory.giveBack(buffers);
    memory.shrink();
    const used = memory.take(8);
    memory.giveBack([used]);
    memory.shrink();
    expect(memory.take(8)).toBe(used);
    expect(buffers).not.toContain(memory.take(8));
  });
});
