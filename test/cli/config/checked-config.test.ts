import { describe, expect, it } from 'vitest';
import { checkConfig, parseConfig } from '../../../src/cli/config/checked-config.ts';
import { ConfigError } from '../../../src/cli/config/config-problem.ts';
import {
  choiceOption,
  integerOption,
  optionSection,
  optionSectionList,
  textOption,
} from '../../../src/runtime/index.ts';

const schema = optionSection('', {
  name: textOption({ description: 'what it is called', value: 'a name' }),
  size: integerOption(1, 10, { description: 'how large it is' }),
  mode: choiceOption(['on', 'off'], { description: 'whether it runs', default: 'off' }),
  parts: optionSectionList('What it has.', {
    port: integerOption(1, 10, { description: 'where it listens' }),
  }),
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
  it('gives its values, with defaults for absent ones, when it is valid', () => {
    const text = 'name: one\nparts:\n  - port: 1\n';
    const values = { name: 'one', size: undefined, mode: 'off', parts: [{ port: 1 }] };
    expect(parseConfig(text, 'file.yaml', schema)).toEqual(values);
    expect(parseConfig('', 'file.yaml', optionSection('', {}))).toEqual({});
  });

  it('reports the line of a key, and which keys are absent', () => {
    const { lineOf } = checkConfig('name: one\n\nmode: on\n', 'file.yaml', schema);
    expect([lineOf('name'), lineOf('mode'), lineOf('size')]).toEqual([1, 3, undefined]);
  });

  it.each([
    ['name: 7\n', ['file.yaml:1: name: expected a name, found 7']],
    ['name: a\nsize: 11\n', ['file.yaml:2: size: expected a whole number from 1 to 10, found 11']],
    ['name: a\nmode: of\n', ['file.yaml:2: mode: expected one of on, off, found "of"; did you mean on?']],
    [
      'name: a\ncolour: red\n',
      ['file.yaml:2: colour: expected one of the keys name, size, mode, parts, found "red"'],
    ],
    [
      'name: a\nparts:\n  - port: 1\n  - port: x\n',
      ['file.yaml:4: parts.1.port: expected a whole number from 1 to 10, found "x"'],
    ],
    ['name: a\nparts: 3\n', ['file.yaml:2: parts: expected a list, found 3']],
    ['just text\n', ['file.yaml:1: expected a map of keys, found "just text"']],
    [
      'name: 1\nsize: big\n',
      [
        'file.yaml:1: name: expected a name, found 1',
        'file.yaml:2: size: expected a whole number from 1 to 10, found "big"',
      ],
    ],
  ])('reports every fault in %j', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it.each([
    ['name: a\nmode: [on\n', /^file\.yaml:3:1: expected YAML, found Flow sequence/],
    ['name: a\nname: b\n', /^file\.yaml:2:1: expected each key once in a map, found name again$/],
    ['name: a\nparts:\n  - port:1\n    on: 2\n', /^file\.yaml:3:5: expected "key: value" with a space/],
    ['name: a\n---\nname: b\n', /^file\.yaml:2:1: expected one document, found another after ---$/],
    ['name: !!binary aGk=\n', /^file\.yaml:1: name: expected a name, found /],
  ])('reports where %j differs from the expected form', (text, problem) => {
    expect(problemsOf(text)[0]).toMatch(problem);
  });

  it("may repeat an anchor's contents", () => {
    const text =
      'name: &n one\nparts:\n  - &p { port: 1 }\n  - *p\n  - { <<: *p }\n  - { <<: [*p], port: 2 }\n';
    const { value, lineOf } = checkConfig(text, 'file.yaml', schema);
    expect(value).toMatchObject({ name: 'one', parts: [{ port: 1 }, { port: 1 }, { port: 1 }, { port: 2 }] });
    expect([lineOf('parts', 1, 'port'), lineOf('parts', 2, 'port'), lineOf('parts', 3, 'port')]).toEqual([
      3, 3, 6,
    ]);
  });
});
