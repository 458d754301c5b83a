import { describe, expect, it } from 'vitest';
import { DeniedTuples } from '../../../src/exporter/denied/denied-tuples.ts';
import { TUPLE_WORDS, writeTuple } from '../../../src/exporter/denied/tuple.ts';

const source = [0, 0, 0xffff, 0x0a000001];
const destination = [0x20010db8, 0, 0, 2];
const tuple = new Uint32Array(TUPLE_WORDS);

function add(tuples: DeniedTuples, port: number, nowMs: number): void {
  writeTuple(tuple, source, 0, destination, 0, port, 443, 6);
  tuples.add(tuple, nowMs);
}

const has = (tuples: DeniedTuples, port: number) => tuples.has(source, 0, destination, 0, port, 443, 6);

describe('DeniedTuples', () => {
  it('knows every added tuple, and no other', () => {
    const tuples = new DeniedTuples(1_000, 65_536, 0);
    for (let port = 0; port < 65_536; port += 2) add(tuples, port, 0);
    const known = Array.from({ length: 65_536 }, (_, port) => has(tuples, port));
    expect(known.every((isKnown, port) => isKnown === (port % 2 === 0))).toBe(true);
  });

  it('reads addresses from any place of a column', () => {
    const tuples = new DeniedTuples(1_000, 16, 0);
    add(tuples, 1, 0);
    const column = Uint32Array.from([9, 9, 9, 9, ...source, ...destination]);
    expect(tuples.has(column, 4, column, 8, 1, 443, 6)).toBe(true);
    expect(tuples.has(column, 8, column, 4, 1, 443, 6)).toBe(false);
  });

  it("compares ICMP's identifier, not the value in place of the other port", () => {
    const tuples = new DeniedTuples(1_000, 16, 0);
    writeTuple(tuple, source, 0, destination, 0, 77, 0, 58);
    tuples.add(tuple, 0);
    expect(tuples.has(source, 0, destination, 0, 77, 0x8000, 58)).toBe(true);
    expect(tuples.has(source, 0, destination, 0, 78, 0, 58)).toBe(false);
  });

  it('forgets no tuple before its timeout, and each within twice that', () => {
    const tuples = new DeniedTuples(1_000, 16, 0);
    add(tuples, 1, 999);
    tuples.forget(1_000);
    tuples.forget(1_999);
    expect(has(tuples, 1)).toBe(true);
    tuples.forget(2_000);
    expect(has(tuples, 1)).toBe(false);
  });

  it('forgets the oldest early when it is full', () => {
    const tuples = new DeniedTuples(1_000, 100, 0);
    for (let port = 0; port < 250; port++) add(tuples, port, 0);
    expect([has(tuples, 0), has(tuples, 99), has(tuples, 100), has(tuples, 249)]).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});
