import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { expect, it } from 'vitest';
import { FreedMemory } from '../../src/exporter/freed-memory.ts';
import { FakeClock } from '../support/fake-clock.ts';

const BLOCKS = 1_000;
/** Less than what the C library takes from the system for each block alone. */
const BLOCK_OCTETS = 65_536;

const library = koffi.load(null);
const malloc = library.func('void *malloc(size_t octets)');
const memset = library.func('void *memset(void *at, int octet, size_t octets)');
const free = library.func('void free(void *at)');

const anonymousMegabytes = () =>
  Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1_024;

it('gives freed memory back that the C library keeps', async () => {
  const clock = new FakeClock();
  const freedMemory = new FreedMemory(clock);
  await freedMemory.start();
  const blocks = Array.from({ length: BLOCKS }, () => memset(malloc(BLOCK_OCTETS), 1, BLOCK_OCTETS));
  const last = blocks.pop();
  for (const block of blocks) free(block);
  const kept = anonymousMegabytes();
  clock.advance(10_000);
  expect(kept - anonymousMegabytes()).toBeGreaterThan((BLOCKS * BLOCK_OCTETS) / 2 ** 20 / 2);
  free(last);
  await freedMemory.stop();
});
