import { describe, expect, it } from 'vitest';
import {
  defaultsOf,
  durationOption,
  flagOption,
  integerOption,
  kilobytesOption,
  mapOption,
  megabytesOption,
  optionalSection,
  optionSection,
  optionSectionList,
  readSection,
  requiredOption,
  textOption,
  withOlderKey,
} from '../../../src/runtime/index.ts';

const timeout = durationOption('1s', { description: 'how long', default: 60_000 });
const root = optionSection(
  '',
  {
    timeout: withOlderKey(timeout, 'interval'),
    interval: durationOption('1s', { description: 'older key of timeout' }),
    room: optionSection('Room.', {
      memory: megabytesOption(64, { description: 'how much', default: 8 * 2 ** 20 }),
    }),
    disk: optionalSection(
      optionSection('Disk.', {
        path: requiredOption(textOption({ description: 'where', value: 'a path' })),
        owner: requiredOption(textOption({ description: 'whose', value: 'a name' })),
      }),
    ),
    zones: mapOption(
      { description: 'zones', value: 'a map of names', default: {} as Readonly<Record<string, string>> },
      'a name',
      (found) => (typeof found === 'string' ? found : undefined),
    ),
    links: optionSectionList(
      'Links.',
      { speed: integerOption(1, 9, { description: 'speed' }) },
      ({ speed }, earlier) =>
        earlier.some((other) => other.speed === speed) ? { key: 'speed', expected: 'each once' } : undefined,
    ),
  },
  ({ timeout: given, interval }) => (given === 1_000 && interval === 1_000 ? 'one of both' : undefined),
);

describe('a section', () => {
  it('has defaults for missing keys and keys without a value', () => {
    const defaults = { ...defaultsOf(root.shape) };
    expect(defaults).toEqual({
      timeout: 60_000,
      interval: undefined,
      room: { memory: 8_388_608 },
      disk: undefined,
      zones: {},
      links: [],
    });
    const nothing = Object.fromEntries(Object.keys(root.shape).map((key) => [key, null]));
    for (const found of [undefined, null, {}, nothing]) {
      expect(readSection(root, found)).toEqual({ values: defaults, problems: [] });
    }
  });

  it.each([
    [{}, 60_000],
    [{ interval: '5s' }, 5_000],
    [{ timeout: '7s' }, 7_000],
    [{ timeout: '7s', interval: '5s' }, 7_000],
    [{ timeout: null, interval: '5s' }, 5_000],
  ])('prefers the newer key, then the older one, then the default: %j', (found, expected) => {
    expect(readSection(root, found).values.timeout).toBe(expected);
  });

  it('reports all faults, each with its path', () => {
    const found = {
      timeout: '10ms',
      colour: 'red',
      room: [],
      disk: {},
      zones: { a: 'x', b: 1, c: 2 },
      links: [{ speed: 3 }, { speed: 3 }, null],
    };
    const problems = readSection(root, found).problems.map(({ path, expected }) => [
      path.join('.'),
      expected,
    ]);
    expect(problems).toEqual([
      ['timeout', 'a duration of at least 1s, such as "5s" or "1m30s"'],
      ['room', 'a map of keys'],
      ['disk', 'a map with the keys path and owner'],
      ['zones.b', 'a name'],
      ['zones.c', 'a name'],
      ['links.1.speed', 'each once'],
      ['colour', 'one of the keys timeout, interval, room, disk, zones, links'],
    ]);
  });

  it('is checked as a whole only if each value could be read', () => {
    const both = { timeout: '1s', interval: '1s' };
    expect(readSection(root, both).problems).toEqual([{ path: [], expected: 'one of both' }]);
    expect(readSection(root, { disk: { path: '/a', owner: null } }).problems).toEqual([
      { path: ['disk'], expected: 'a map with the keys path and owner' },
    ]);
    const links = [{ speed: 3 }, { speed: 'fast' }, { speed: 3 }];
    expect(readSection(root, { links }).problems.map(({ path }) => path.join('.'))).toEqual([
      'links.1.speed',
      'links.2.speed',
    ]);
    expect(readSection(root, { ...both, links: 1 }).problems).toEqual([
      { path: ['links'], expected: 'a list' },
    ]);
  });
});

describe('a default', () => {
  it.each([
    [250, '250ms'],
    [1_000, '1s'],
    [90_000, '90s'],
    [600_000, '10m'],
    [3_600_000, '1h'],
    [5_400_000, '90m'],
  ])('of %i ms is written as %s', (value, written) => {
    expect(durationOption('1ms', { description: '', default: value }).defaultText).toBe(written);
  });

  it('is in octets even if a file uses kilobytes or megabytes', () => {
    const kilo = kilobytesOption(64, { description: '', default: 2_048 });
    const mega = megabytesOption(64, { description: '', default: 3_145_728 });
    expect([kilo.defaultText, kilo.read(5), mega.defaultText, mega.read(5)]).toEqual([
      '2',
      5_120,
      '3',
      5_242_880,
    ]);
    expect([mega.read(65), mega.read(0), mega.read(1.5), mega.read('1')]).toEqual(Array(4).fill(undefined));
  });

  it('that is derived is a description, not a value', () => {
    const {
      default: value,
      defaultText,
      derived,
    } = flagOption({ description: '', derived: 'as the host has it' });
    expect([value, defaultText, derived]).toEqual([undefined, undefined, 'as the host has it']);
  });
});
