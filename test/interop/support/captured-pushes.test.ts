import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CapturedPushes } from '../../support/captured-pushes.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

const json = { 'content-type': 'application/json' };
const protobuf = { 'content-type': 'application/x-protobuf' };

describe('captured pushes', () => {
  it('are kept unchanged, each once, with names for their encoding', () => {
    using directory = new TemporaryDirectory();
    const captured = new CapturedPushes(directory.file('pushes'));
    const another = new CapturedPushes(directory.file('pushes'));
    const body = Buffer.from('body');
    for (const headers of [json, { ...json, 'content-encoding': 'gzip' }, protobuf]) {
      captured.keep(headers, body);
      another.keep(headers, body);
    }
    const files = readdirSync(captured.directory);
    expect(files.map((file) => file.slice(64))).toEqual(['.json', '.json.gz', '.snappy']);
    for (const file of files) expect(readFileSync(join(captured.directory, file))).toEqual(body);
    expect(captured.leftOut).toBe(0);
  });

  it.each([
    ['pushes', { pushes: 2, octets: 1_000 }],
    ['octets', { pushes: 1_000, octets: 20 }],
  ])('are bounded in %s, and the others are counted', (_, most) => {
    using directory = new TemporaryDirectory();
    const keep = (texts: readonly string[]) => {
      const captured = new CapturedPushes(directory.file('pushes'), most);
      for (const text of texts) captured.keep(json, Buffer.from(text));
      return captured;
    };
    keep(['0123456789']);
    const captured = keep(['9876543210', 'one more', '0123456789', 'and one']);
    expect(readdirSync(captured.directory)).toHaveLength(2);
    expect(captured.leftOut).toBe(2);
  });

  it.each([
    ['is silent about one', 'echo "{}"', 'of 2 pushes loki-push has read 1 and refused 0'],
    [
      'tells of one too many',
      'echo "{}"; echo "{}"; echo "{}"',
      'of 2 pushes loki-push has read 3 and refused 0',
    ],
    ['breaks', 'echo "{}"; printf "panic\\n1\\n2\\n" >&2; exit 2', 'read 1 and refused 3; panic; 1; 2'],
    ['is silent, and ends badly', 'exit 3', '3'],
  ])('are not considered read when loki-push %s', async (_, script, complaint) => {
    using directory = new TemporaryDirectory();
    const captured = new CapturedPushes(directory.file('pushes'));
    for (const text of ['one', 'two']) captured.keep(json, Buffer.from(text));
    await expect(captured.read(() => {}, ['sh', '-c', script])).rejects.toThrow(complaint);
  });

  it('are each read or refused', async () => {
    using directory = new TemporaryDirectory();
    const captured = new CapturedPushes(directory.file('pushes'));
    for (const text of ['one', 'two']) captured.keep(json, Buffer.from(text));
    const told: unknown[] = [];
    const reader = ['sh', '-c', `echo '{"file":"one"}'; echo 'two: not JSON' >&2; exit 1`];
    expect(await captured.read((push) => told.push(push), reader)).toEqual(['two: not JSON']);
    expect(told).toEqual([{ file: 'one' }]);
  });
});
