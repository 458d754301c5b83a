import { describe, expect, it } from 'vitest';
import {
  exampleFile,
  fileKinds,
  guessKind,
  loadAgentSettings,
  loadAggregatorSettings,
} from '../../../src/cli/config/index.ts';

const load = { agent: loadAgentSettings, aggregator: loadAggregatorSettings };

describe.each(fileKinds)('the example file of an %s', (kind) => {
  const text = exampleFile(kind);
  /** With each default as if somebody had written it. */
  const switchedOn = text.replaceAll(/^( *)#(?=\w+:)/gm, '$1');

  it('is recognised, valid as printed, and equal to an empty file', () => {
    expect(guessKind(text, 'example.yaml')).toBe(kind);
    expect(load[kind](text, 'example.yaml').settings).toEqual(load[kind]('', 'example.yaml').settings);
  });

  it('is valid with every default switched on, which changes no setting', () => {
    const { metrics, ...others } = load[kind](switchedOn, 'example.yaml').settings;
    const { metrics: byDefault, ...othersByDefault } = load[kind]('', 'example.yaml').settings;
    expect(others).toEqual(othersByDefault);
    // Only that the address is asked for now.
    expect(metrics).toEqual({ ...byDefault, listen: { ...byDefault.listen, isAskedFor: true } });
  });

  it('repeats no word in succession', () => {
    expect(text.match(/\b([a-z]+)[ \n#]+\1\b(?!:)/gi)).toBeNull();
  });

  it('enables an option wherever a comment sign is removed', () => {
    expect(switchedOn.split('\n').filter((line) => /^ *\w+: \S/.test(line)).length).toBeGreaterThan(18);
  });
});
