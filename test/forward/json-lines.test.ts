import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { JsonLines } from '../../src/forward/index.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-json-lines-'));
});

afterEach(() => rm(directory, { recursive: true }));

const flow = {
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  sourceTransportPort: 40_000,
  destinationTransportPort: 443,
  protocolIdentifier: 6,
  flowStartMilliseconds: Date.UTC(2026, 0, 1),
  flowType: 2,
  octetTotalCount: 1500,
} as const;

const line =
  '{"flowStartMilliseconds":"2026-01-01T00:00:00.000Z","sourceIP":"10.0.0.1","destinationIP":"10.0.0.2",' +
  '"sourceTransportPort":40000,"destinationTransportPort":443,"protocol":"TCP","protocolIdentifier":6,' +
  '"octetTotalCount":1500,"flowType":"InterNode"}';

describe('JsonLines', () => {
  it('appends one JSON object per line to a file', async () => {
    const file = join(directory, 'flows.jsonl');
    for (const run of [1, 2]) {
      const sink = new JsonLines('json', file);
      await sink.start();
      await sink.write(batchOf(run === 1 ? [flow] : [flow, flow]));
      await sink.stop();
    }
    expect(await readFile(file, 'utf8')).toBe(`${line}\n${line}\n${line}\n`);
  });

  it('continues in a new file after its file was moved or deleted by log rotation', async () => {
    const file = join(directory, 'flows.jsonl');
    const sink = new JsonLines('json', file);
    await sink.start();
    await sink.write(batchOf([flow]));
    await rename(file, `${file}.1`);
    await sink.write(batchOf([flow, flow]));
    expect(await readFile(`${file}.1`, 'utf8')).toBe(`${line}\n`);
    expect(await readFile(file, 'utf8')).toBe(`${line}\n${line}\n`);
    await rm(file);
    await sink.write(batchOf([flow]));
    expect(await readFile(file, 'utf8')).toBe(`${line}\n`);
    await sink.stop();
  });

  it('fails without a directory for a new file, and continues when there is one', async () => {
    const folder = join(directory, 'logs');
    const file = join(folder, 'flows.jsonl');
    await mkdir(folder);
    const sink = new JsonLines('json', file);
    await sink.start();
    await rename(folder, join(directory, 'moved'));
    for (let i = 0; i < 2; i++) await expect(sink.write(batchOf([flow]))).rejects.toThrow(/ENOENT/);
    await mkdir(folder);
    await sink.write(batchOf([flow]));
    expect((await readFile(file, 'utf8')).trim()).toBe(line);
    await sink.stop();
  });

  it('accepts a batch only when the stream has accepted its text', async () => {
    const taken: (() => void)[] = [];
    const stream = new Writable({ write: (_chunk, _encoding, done) => taken.push(done) });
    const sink = new JsonLines('json', stream);
    await sink.start();
    let isDone = false;
    const writing = sink.write(batchOf([flow])).then(() => {
      isDone = true;
    });
    await new Promise(setImmediate);
    expect(isDone).toBe(false);
    taken[0]!();
    await writing;
    expect(isDone).toBe(true);
  });

  it('rejects a batch whose write fails, and begins a new line after it', async () => {
    const sink = new JsonLines('json', '/dev/full');
    await sink.start();
    await expect(sink.write(batchOf([flow]))).rejects.toThrow('ENOSPC');
    await sink.stop();

    let text = '';
    let refuses = true;
    const stream = {
      write(chunk: Uint8Array, done: (error?: Error) => void) {
        text += Buffer.from(refuses ? chunk.subarray(0, 10) : chunk).toString();
        done(refuses ? new Error('no space') : undefined);
      },
    } as unknown as Writable;
    const torn = new JsonLines('json', stream);
    await torn.start();
    await expect(torn.write(batchOf([flow]))).rejects.toThrow('no space');
    refuses = false;
    await torn.write(batchOf([flow]));
    expect(text.split('\n')).toEqual([line.slice(0, 10), line, '']);
  });

  it.each([
    ['torn', line.slice(0, 10), [line.slice(0, 10), line, '']],
    ['whole', `${line}\n`, [line, line, '']],
    ['absent, in an empty file', '', [line, '']],
  ])('begins a new line after a start when the last one is %s', async (_, before, after) => {
    const path = join(directory, 'flows.jsonl');
    await writeFile(path, before);
    const sink = new JsonLines('json', path);
    await sink.start();
    await sink.write(batchOf([flow]));
    await sink.stop();
    expect((await readFile(path, 'utf8')).split('\n')).toEqual(after);
  });

  it('does not start when its file cannot be opened, and explains the remedy', async () => {
    const sink = new JsonLines('json', join(directory, 'none', 'flows.jsonl'));
    await expect(sink.start()).rejects.toMatchObject({
      code: 'WEIR_JSON_LINES_FILE',
      remedy: expect.stringContaining('a directory that exists'),
    });
  });

  it('yields to the event loop while it writes a large batch', async () => {
    const sink = new JsonLines('json', join(directory, 'flows.jsonl'));
    await sink.start();
    let turns = 0;
    const count = () => {
      turns++;
      if (turns < 1000) setImmediate(count);
    };
    setImmediate(count);
    await sink.write(batchOf(new Array(1024).fill(flow)));
    expect(turns).toBeGreaterThanOrEqual(3);
    turns = 1000;
    await sink.stop();
    expect((await readFile(join(directory, 'flows.jsonl'), 'utf8')).split('\n')).toHaveLength(1025);
  });

  it('creates a file that others cannot read, under any umask', async () => {
    const before = process.umask(0);
    try {
      const sink = new JsonLines('json', join(directory, 'flows.jsonl'));
      await sink.start();
      await sink.stop();
    } finally {
      process.umask(before);
    }
    const { mode } = await stat(join(directory, 'flows.jsonl'));
    expect((mode & 0o777).toString(8)).toBe('640');
  });

  it('refuses a symbolic link, and reports it', async () => {
    await writeFile(join(directory, 'victim'), 'untouched');
    await symlink(join(directory, 'victim'), join(directory, 'flows.jsonl'));
    const sink = new JsonLines('json', join(directory, 'flows.jsonl'));
    await expect(sink.start()).rejects.toMatchObject({
      code: 'WEIR_JSON_LINES_FILE',
      remedy: expect.stringContaining('symbolic link'),
    });
    expect(await readFile(join(directory, 'victim'), 'utf8')).toBe('untouched');
  });

  it('writes into no world-writable directory, except a sticky one like /tmp', async () => {
    const shared = join(directory, 'shared');
    await mkdir(shared);
    await chmod(shared, 0o777);
    const sink = new JsonLines('json', join(shared, 'flows.jsonl'));
    await expect(sink.start()).rejects.toMatchObject({
      remedy: expect.stringContaining(`every user of this host can write to the directory ${shared}`),
    });
    await chmod(shared, 0o1777);
    await sink.start();
    await sink.stop();
  });

  it('writes to a device by its path', async () => {
    const sink = new JsonLines('json', '/dev/null');
    await sink.start();
    await sink.write(batchOf([flow]));
    await sink.stop();
    expect(sink.isAwaited).toBe(false);
  });
});
