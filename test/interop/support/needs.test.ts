import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isInstalled, whyUnmet } from '../../support/needs.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

afterEach(() => vi.unstubAllEnvs());

describe('a program that a test needs', () => {
  it('is an executable file or a link to one, by its path or on PATH', () => {
    using directory = new TemporaryDirectory();
    writeFileSync(directory.file('hare'), '#!/bin/sh\n', { mode: 0o755 });
    symlinkSync('hare', directory.file('bunny'));
    vi.stubEnv('PATH', directory.path);
    for (const name of ['hare', 'bunny']) {
      expect(isInstalled(name)).toBe(true);
      expect(isInstalled(directory.file(name))).toBe(true);
    }
    chmodSync(directory.file('hare'), 0o644);
    expect(isInstalled('hare')).toBe(false);
    expect(isInstalled('missing')).toBe(false);
  });

  it('is not a folder, by its path or on PATH', () => {
    using directory = new TemporaryDirectory();
    mkdirSync(directory.file('loki'));
    vi.stubEnv('PATH', directory.path);
    vi.stubEnv('WEIR_TEST_LOKI', '');
    expect(whyUnmet('loki')).toBe('no loki is given (WEIR_TEST_LOKI=/path/to/loki, or on PATH)');
    vi.stubEnv('WEIR_TEST_LOKI', directory.file('loki'));
    expect(whyUnmet('loki')).toBe(`WEIR_TEST_LOKI names ${directory.file('loki')}, which is no program`);
  });
});
