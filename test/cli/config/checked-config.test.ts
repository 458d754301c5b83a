import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, checkConfig, parseConfig } from '../../../src/cli/config/checked-config.ts';

const schema = z.strictObject({
  name: z.string(),
  size: z.number().min(1).max(10).optional(),
  mode: z.enum(['on', 'off']).optional(),
  parts: z.array(z.strictObject({ port: z.number() })).optional(),
});

function problemsOf(text: string) {
  try {
    parseConfig(text, 'file.yaml', schema);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.split('\n');
  }
  return [];
}

describe('a configuration', () => {
  it('is its value when all is right', () => {
    const text = 'name: one\nparts:\n  - port: 1\n';
    expect(parseConfig(text, 'file.yaml', schema)).toEqual({ name: 'one', parts: [{ port: 1 }] });
    expect(parseConfig('', 'file.yaml', z.strictObject({}))).toEqual({});
  });

  it('tells the line of a key, and which keys are not there', () => {
    const { lineOf } = checkConfig('name: one\n\nmode: on\n', 'file.yaml', schema);
    expect([lineOf('name'), lineOf('mode'), lineOf('size')]).toEqual([1, 3, undefined]);
  });

  it.each([
    ['mode: on\n', ['file.yaml:1: name: expected a string, found nothing']],
    ['name: 7\n', ['file.yaml:1: name: expected a string, found 7']],
    ['# c\nname:\n', ['file.yaml:2: name: expected a string, found the key "name" without a value']],
    ['name: a\nsize: 11\n', ['file.yaml:2: size: expected at most 10, found 11']],
    ['name: a\nsize: 0\n', ['file.yaml:2: size: expected at least 1, found 0']],
    ['name: a\nmode: of\n', ['file.yaml:2: mode: expected one of "on", "off", found "of"']],
    ['name: a\ncolour: red\n', ['file.yaml:2: colour: expected no such key, found "red"']],
    [
      'name: a\nparts:\n  - port: 1\n  - port: x\n',
      ['file.yaml:4: parts.1.port: expected a number, found "x"'],
    ],
    ['name: a\nparts: 3\n', ['file.yaml:2: parts: expected a list, found 3']],
    ['just text\n', ['file.yaml:1: expected a map of keys, found "just text"']],
    [
      'name: 1\nsize: big\n',
      ['file.yaml:1: name: expected a string, found 1', 'file.yaml:2: size: expected a number, found "big"'],
    ],
  ])('says all that is wrong in %j', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('says where it stops being YAML', () => {
    expect(problemsOf('name: a\nmode: [on\n')[0]).toMatch(/^file\.yaml:3: expected YAML, found /);
    expect(problemsOf('name: a\nname: b\n')[0]).toMatch(
      /^file\.yaml:2: expected YAML, found Map keys must be unique/,
    );
  });
});
