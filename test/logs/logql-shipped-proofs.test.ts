import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, type RunnerTask } from 'vitest';
import { type ShippedLogql, shippedLogql } from '../support/shipped-logql.ts';
import {
  departedOf,
  digestOf,
  type Proof,
  proofsFile,
  readProofs,
  renewed,
  standingOf,
  textOf,
  unprovedOf,
} from '../support/shipped-logql-proofs.ts';
import { hasPassed, provesLogql, renewProofs, versionOf } from '../support/shipped-logql-renewal.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const piece = (name: string, proved = name): ShippedLogql => ({ name, queries: [proved], proved });
const today = { loki: '3.7.9', date: '2026-12-24' };
const before = { loki: '3.7.8', date: '2026-11-28' };
const proofOf = (when: Pick<Proof, 'loki' | 'date'>, ...pieces: ShippedLogql[]): Proof => ({
  ...when,
  digests: Object.fromEntries(pieces.map((one) => [one.name, digestOf(one)])),
});

describe('test/loki-proofs.json', () => {
  it('names only shipped queries; delete or rename entries of removed or renamed ones', () => {
    expect(departedOf(shippedLogql(), readProofs())).toEqual([]);
  });

  it('has the form of a renewal: sorted, unique names, with a version, a day and whole digests', () => {
    const proofs = readProofs();
    const names = proofs.flatMap(({ digests }) => Object.keys(digests));
    expect(readFileSync(proofsFile, 'utf8')).toBe(textOf(proofs));
    expect(new Set(names).size).toBe(names.length);
    for (const { loki, date, digests } of proofs) {
      expect(loki).not.toBe('');
      expect(new Date(date).toISOString().slice(0, 10)).toBe(date);
      for (const digest of Object.values(digests)) expect(digest).toMatch(/^[0-9a-f]{16}$/);
    }
  });
});

describe('shipped LogQL', () => {
  it('is proved while its text equals the proven one, even if all else changes', () => {
    const proofs = [proofOf(before, piece('a'), piece('b'))];
    const shipped = [piece('a'), piece('b', 'changed'), piece('new')];
    expect(unprovedOf(shipped, proofs).map(({ name }) => name)).toEqual(['b', 'new']);
    expect(unprovedOf([piece('b')], proofs)).toEqual([]);
  });

  it('is reported when it is gone but still in the proofs', () => {
    expect(departedOf([piece('b')], [proofOf(before, piece('a'), piece('b'))])).toEqual(['a']);
  });

  it('is summed up in one sentence, with the newest proof', () => {
    const proofs = [proofOf(before, piece('a')), proofOf(today, piece('b'))];
    expect(standingOf([piece('a'), piece('b'), piece('c')], proofs)).toBe(
      '1 of 3 shipped LogQL queries not proved on a Loki since 3.7.9 (2026-12-24)',
    );
    expect(standingOf([piece('a')], [])).toBe('1 of 1 shipped LogQL queries not proved on a Loki yet');
  });
});

describe('a renewal', () => {
  it('updates proved queries to the version and day of a Loki, and keeps the rest', () => {
    const old = proofOf(before, piece('a'), piece('b'), piece('c'));
    const changed = piece('b', 'changed');
    const proofs = renewed([old], [piece('a'), changed], today);
    expect(proofs).toEqual([proofOf(today, piece('a'), changed), proofOf(before, piece('c'))]);
    expect(renewed(proofs, [piece('c')], today)).toEqual([proofOf(today, piece('a'), changed, piece('c'))]);
  });

  it('changes nothing when the same version proved the same text, on any day', () => {
    const proofs = [proofOf(before, piece('a'), piece('b'))];
    const later = { ...before, date: '2026-12-24' };
    expect(renewed(proofs, [piece('a'), piece('b')], later)).toEqual(proofs);
    expect(renewed(proofs, [piece('b', 'changed')], later)).toEqual([
      proofOf(later, piece('b', 'changed')),
      proofOf(before, piece('a')),
    ]);
  });

  it('writes names sorted and the newest proof first', () => {
    const proofs = renewed([proofOf(before, piece('c'))], [piece('b'), piece('a')], today);
    expect(textOf(proofs)).toBe(textOf([...proofs].reverse()));
    expect(JSON.stringify(proofs)).toMatch(/3\.7\.9.*"a".*"b".*3\.7\.8.*"c"/);
    const [newest] = renewed(proofs, [piece('d')], { ...today, loki: '3.10.0' });
    expect(newest!.loki).toBe('3.10.0');
  });

  it('is refused for a name that is not shipped, and leaves the file alone', () => {
    using directory = new TemporaryDirectory();
    const file = pathToFileURL(directory.file('proofs.json'));
    writeFileSync(file, '[]');
    expect(() => renewProofs(['docs/logql.md: ', 'nowhere'], '3.7.8', file)).toThrow(/begins with nowhere/);
    expect(readFileSync(file, 'utf8')).toBe('[]');
  });
});

describe('a suite that proves LogQL', () => {
  const directory = new TemporaryDirectory();
  const file = pathToFileURL(directory.file('proofs.json'));
  const answers = [{ version: '3.7.8' }, { version: '', revision: 'c0ffee1' }, {}];
  const server = createServer(({ url }, response) => {
    response.end(url === '/loki/api/v1/status/buildinfo' ? JSON.stringify(answers.shift()) : 'not JSON');
  });
  const loki = () => ({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });

  beforeAll(async () => {
    writeFileSync(file, textOf([]));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    directory[Symbol.dispose]();
  });

  describe('whose tests all pass', () => {
    provesLogql(loki, ['alerts/loki/'], file);

    it('notes nothing while they run', () => {
      expect(readProofs(file)).toEqual([]);
    });
  });

  it('notes only its proved queries, with the Loki’s version', () => {
    const rules = shippedLogql().filter(({ name }) => name.startsWith('alerts/loki/'));
    const [proof, ...others] = readProofs(file);
    expect(rules.length).toBeGreaterThan(5);
    expect(others).toEqual([]);
    expect(proof).toEqual(proofOf({ loki: '3.7.8', date: proof!.date }, ...rules));
    expect(Date.now() - Date.parse(proof!.date)).toBeLessThan(2 * 24 * 3_600_000);
  });

  it('notes the revision of a Loki without a version', async () => {
    expect(await versionOf(loki().url)).toBe('c0ffee1');
    expect(await versionOf(loki().url)).toBe('unknown');
  });

  it('notes nothing when a test fails, is left out or never ran, at any depth', () => {
    const test = (state?: string) => ({ type: 'test', ...(state && { result: { state } }) }) as RunnerTask;
    const suite = (...tasks: RunnerTask[]) => ({ type: 'suite', tasks }) as RunnerTask;
    expect(hasPassed(suite(test('pass'), suite(test('pass'))))).toBe(true);
    for (const state of ['fail', 'skip', 'todo', undefined])
      expect(hasPassed(suite(test('pass'), suite(test(state))))).toBe(false);
  });
});
