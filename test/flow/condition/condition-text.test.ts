import { describe, expect, it } from 'vitest';
import {
  ConditionError,
  conditionOfWords,
  conditionWords,
  dimensionNames,
  type FlowCondition,
  filterWords,
  noCondition,
  parseCondition,
  printCondition,
} from '../../../src/flow/index.ts';
import { hostileNames } from '../../support/any-condition.ts';

const port = (...values: string[]): FlowCondition => ({ word: 'port', values });

describe('a text', () => {
  it.each<[string, FlowCondition]>([
    ['', noCondition],
    [' \n\t', noCondition],
    ['port=53', port('53')],
    ['port = 53 , https', port('53', 'https')],
    ['port!=53,80', { not: port('53', '80') }],
    ['port=!53', { not: port('53') }],
    ['port=!53,!80', { not: port('53', '80') }],
    ['port=443,!53', { all: [port('443'), { not: port('53') }] }],
    ['not port=53', { not: port('53') }],
    ['not not port=53', port('53')],
    ['not port!=53', port('53')],
    ['port exists', { exists: 'port' }],
    ['not port EXISTS', { not: { exists: 'port' } }],
    ['port=1 and port=2 and port=3', { all: [port('1'), port('2'), port('3')] }],
    ['(port=1 and (port=2)) and port=3', { all: [port('1'), port('2'), port('3')] }],
    ['port=1 or port=2 AND port=3', { any: [port('1'), { all: [port('2'), port('3')] }] }],
    ['(port=1 or port=2) and port=3', { all: [{ any: [port('1'), port('2')] }, port('3')] }],
    ['not port=1 and port=2', { all: [{ not: port('1') }, port('2')] }],
    ['not (port=1 and port=2)', { not: { all: [port('1'), port('2')] } }],
    ['namespace="and"', { word: 'namespace', values: ['and'] }],
    ['namespace="a \\"b\\", \\\\c\\u0041"', { word: 'namespace', values: ['a "b", \\cA'] }],
    ['namespace="!shop"', { word: 'namespace', values: ['!shop'] }],
    ['src=[2001:db8::1]:https', { word: 'src', values: ['[2001:db8::1]:https'] }],
    ['min-octets="31.6 kB"', { word: 'min-octets', values: ['31.6 kB'] }],
    ['sourceZone=""', { word: 'sourceZone', values: [''] }],
  ])('%j is a condition', (text, condition) => {
    expect(parseCondition(text)).toEqual(condition);
  });

  it.each<[FlowCondition, string]>([
    [noCondition, ''],
    [{ not: port('53', '80') }, 'port!=53,80'],
    [{ not: { exists: 'port' } }, 'not port exists'],
    [{ any: [port('1'), { all: [port('2'), port('3')] }] }, 'port=1 or (port=2 and port=3)'],
    [{ not: { any: [port('1'), port('2')] } }, 'not (port=1 or port=2)'],
    [{ word: 'namespace', values: ['a b', 'Or', 'or-1'] }, 'namespace="a b","Or",or-1'],
    [{ word: 'namespace', values: ['\ud800\u202e'] }, 'namespace="\\ud800\\u202e"'],
  ])('of %j is %s', (condition, text) => {
    expect(printCondition(condition)).toBe(text);
  });

  it.each<[string, number, string, string]>([
    ['port', 5, '"exists", "!=" or "="', 'the end'],
    ['port=', 6, 'a value for port', 'the end'],
    ['port=53 port=80', 9, '",", "and", "or" or the end', '"port"'],
    ['port=53 and', 12, '"not", "(" or a word', 'the end'],
    ['(port=53', 9, '",", "and", "or" or ")"', 'the end'],
    ['port=53)', 8, '"or" or the end', '")"'],
    ['()', 2, 'a word', '")"'],
    ['port=a=b', 6, 'port of either end', '"a"'],
    ['namespace=a=b', 12, '",", "and", "or" or the end', '"="'],
    ['namespace=and and port=53', 11, 'a value for namespace', '"and", which needs quotes if it is a name'],
    ['namespace!=!shop', 12, 'a value for namespace', '"!"'],
    ['namespace=shop,', 16, 'a value for namespace', 'the end'],
    ['"port"=53', 1, 'a word', '"port"'],
    ['colour=red', 1, 'one of the words src, dst', '"colour"'],
    ['Port=53', 1, 'one of the words src, dst', '"Port"; did you mean port?'],
    ['sorceNode=a', 1, 'one of the words src, dst', '"sorceNode"; did you mean sourceNode?'],
    ['__proto__=1', 1, 'one of the words src, dst', '"__proto__"'],
    ['proto=tcp and port=htps', 20, 'port of either end', '"htps"'],
    ['namespace="😀" and port=htps', 24, 'port of either end', '"htps"'],
    ["namespace='shop'", 11, 'double quotes', `"'"`],
    ['namespace=名', 11, 'double quotes', '"名"'],
    ['namespace="shop', 11, 'a " at its end', '"\\"shop"'],
    ['namespace="a\\x"', 11, 'a string of JSON', ''],
    ['namespace=a*', 12, 'double quotes', '"*"'],
    ['port>53', 5, 'double quotes', '">"'],
    ['flowType=inner', 10, 'location of the two ends', '"inner"'],
    ['sourcePod=web-0', 11, 'Pod as namespace/name', '"web-0"'],
    ['sourcePrefix=10.0.0.0/8', 14, '/24 of IPv4', '"10.0.0.0/8"'],
  ])('%j is refused at column %i', (text, column, expected, found) => {
    expect(() => parseCondition(text)).toThrow(ConditionError);
    expect(() => parseCondition(text)).toThrow(new RegExp(`^column ${column}: expected `));
    expect(() => parseCondition(text)).toThrow(expected);
    expect(() => parseCondition(text)).toThrow(`; found ${found}`);
  });

  it('has at most 8,192 octets', () => {
    const longest = `namespace="${'é'.repeat(4_090)}"`;
    expect(parseCondition(longest)).toBeDefined();
    expect(() => parseCondition(`${longest} `)).toThrow('expected at most 8192 octets; found 8193');
  });

  it('has at most 32 parentheses and "not" within each other', () => {
    const nested = (levels: number) => `${'('.repeat(levels)}port=1${')'.repeat(levels)}`;
    expect(parseCondition(nested(32))).toEqual(port('1'));
    expect(() => parseCondition(nested(33))).toThrow('column 33: expected at most 32 parentheses and "not"');
    expect(() => parseCondition(`${'not '.repeat(33)}port=1`)).toThrow('column 129: expected at most 32');
    expect(() => parseCondition('('.repeat(8_000))).toThrow('at most 32');
  });

  it('has at most 256 values', () => {
    const text = `port=${Array.from({ length: 255 }, (_, i) => i).join()} or port exists`;
    expect(parseCondition(text)).toBeDefined();
    expect(() => parseCondition(`${text} or port exists`)).toThrow(
      'expected at most 256 values and "exists"; found one more',
    );
    expect(() => parseCondition(`${text} or port=1`)).toThrow('at most 256');
  });

  it('keeps hostile names as they are', () => {
    for (const name of hostileNames) {
      const condition: FlowCondition = { not: { word: 'namespace', values: [name, 'x'] } };
      expect(parseCondition(printCondition(condition)), JSON.stringify(name)).toEqual(condition);
    }
  });
});

describe('the words of a condition', () => {
  it('are the filter words and the dimensions, and no name has two meanings', () => {
    expect(Object.keys(conditionWords)).toEqual([...Object.keys(filterWords), ...dimensionNames]);
    expect(Object.keys(conditionWords)).toHaveLength(Object.keys(filterWords).length + dimensionNames.length);
  });

  it('are no keywords', () => {
    for (const word of Object.keys(conditionWords)) expect(word).not.toMatch(/^(and|or|not|exists)$/i);
  });
});

describe('filter words', () => {
  it('are a condition', () => {
    const words = { src: ['10.0.0.0/8', '!10.1.0.0/16'], port: ['!53'], node: [], proto: ['tcp', 'udp'] };
    expect(printCondition(conditionOfWords(words))).toBe(
      'src=10.0.0.0/8 and src!=10.1.0.0/16 and port!=53 and proto=tcp,udp',
    );
    expect(conditionOfWords({})).toEqual(noCondition);
  });
});
