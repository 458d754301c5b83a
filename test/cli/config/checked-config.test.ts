import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkConfig, parseConfig } from '../../../src/cli/config/checked-config.ts';
import { ConfigError } from '../../../src/cli/config/config-problem.ts';

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

  it.each([
    ['name: a\nmode: [on\n', /^file\.yaml:3:1: expected YAML, found Flow sequence/],
    ['name: a\nname: b\n', /^file\.yaml:2:1: expected each key once in a map, found name again$/],
    ['name: a\nparts:\n  - port:1\n    on: 2\n', /^file\.yaml:3:5: expected "key: value" with a space/],
    ['name: a\n---\nname: b\n', /^file\.yaml:2:1: expected one document, found another after ---$/],
    ['name: !!binary aGk=\n', /^file\.yaml:1: name: expected a string, found /],
  ])('says where %j stops being what is expected', (text, problem) => {
    expect(problemsOf(text)[0]).toMatch(problem);
  });

  it('may repeat what an anchor names', () => {
    const text =
      'name: &n one\nparts:\n  - &p { port: 1 }\n  - *p\n  - { <<: *p }\n  - { <<: [*p], port: 2 }\n';
    const { value, lineOf } = checkConfig(text, 'file.yaml', schema);
    expect(value).toEqual({ name: 'one', parts: [{ port: 1 }, { port: 1 }, { port: 1 }, { port: 2 }] });
    expect([lineOf('parts', 1, 'port'), lineOf('parts', 2, 'port'), lineOf('parts', 3, 'port')]).toEqual([
      3, 3, 6,
    ]);
  });
});
