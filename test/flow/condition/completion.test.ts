import { describe, expect, it } from 'vitest';
import {
  type Completions,
  completeCondition,
  conditionWords,
  type Vocabulary,
} from '../../../src/flow/index.ts';

const vocabulary: Vocabulary = {
  sourceNamespace: ['shop', 'kube-system', 'a b', 'and', '__proto__', ''],
  destinationNamespace: ['bank', 'shop'],
  destinationPort: ['443', '53', '5353'],
  sourcePod: ['shop/web-0', 'no pod'],
};

/** A bar marks the cursor. */
function at(marked: string): Completions {
  const cursor = marked.indexOf('|');
  return completeCondition(marked.replace('|', ''), cursor, vocabulary);
}
const textsAt = (marked: string): string[] => at(marked).items.map(({ text }) => text);

describe('what can stand at the cursor', () => {
  it.each<[string, string[]]>([
    ['destinationPort|', ['destinationPort=', 'destinationPort!=', 'destinationPort exists']],
    ['port |', ['exists', '!=', '=']],
    ['port!|', ['!=']],
    ['port=|', ['443', '53', '5353', '!']],
    ['port=5|', ['53', '5353']],
    ['port=443|', [',', ' and ', ' or ']],
    ['port=443 |', [',', 'and ', 'or ']],
    ['port=443 a|', ['and ']],
    ['(port=443 |', [',', 'and ', 'or ', ')']],
    ['port exists |', ['and ', 'or ']],
    ['port ex|', ['exists']],
    ['namespace=|', ['shop', 'kube-system', '"a b"', '"and"', '__proto__', 'bank', '!']],
    ['namespace=BA|', ['bank']],
    ['namespace="a|', ['"a b"', '"and"', 'bank']],
    ['sourceNamespace!=sh|', ['shop']],
    ['sourceNamespace=|', ['shop', 'kube-system', '"a b"', '"and"', '__proto__', '""', '!']],
    ['sourcePod=|', ['shop/web-0', '""', '!']],
    ['verdict=|', ['Allow', 'Drop', 'Reject', '""', '!']],
    ['protocol=ud|', ['UDP', 'UDPLite']],
    ['flowType=inter|', ['InterNode']],
    ['destinationPo|', ['destinationPod', 'destinationPort']],
    ['colour=|', []],
    ['port=htp and |', []],
    ['port=53 53|', []],
  ])('of %s is %j', (marked, texts) => {
    expect(textsAt(marked)).toEqual(texts);
  });

  it('replaces the token in which the cursor is', () => {
    expect(at('proto=tcp and nam|espace=shop')).toMatchObject({ from: 14, to: 23 });
    expect(at('namespace="a| b" and port=53')).toMatchObject({ from: 10, to: 15 });
    expect(at('namespace="a|')).toMatchObject({ from: 10, to: 12 });
    expect(at('port=53 |and')).toMatchObject({ from: 8, to: 8 });
  });

  it('is a word, with what it means, or "not", or a parenthesis', () => {
    const { items } = at('|');
    expect(items).toHaveLength(20);
    expect(items[0]).toEqual({ kind: 'word', text: 'src', description: conditionWords.src });
    expect(items.slice(-2).map(({ text }) => text)).toEqual(['not ', '(']);
    expect(textsAt('port=53 and not zone|')).toEqual(['sourceZone', 'destinationZone']);
  });

  it('has values of dimensions that the caller asks for, if they are not always the same', () => {
    expect(at('namespace=sh|').valuesOf).toEqual(['sourceNamespace', 'destinationNamespace']);
    expect(at('sourceWorkload=|').valuesOf).toEqual(['sourceWorkload']);
    expect(completeCondition('sourceWorkload=sh', 17).valuesOf).toEqual(['sourceWorkload']);
    for (const marked of ['|', 'port|', 'verdict=|', 'proto=|', 'min-octets=|', 'colour=|'])
      expect(at(marked).valuesOf, marked).toEqual([]);
  });

  it('is 20 values at most, those first that begin as the text does', () => {
    const sourceZone = Array.from({ length: 1_000 }, (_, i) => `zone-${i}`).concat('1-zone');
    const { items } = completeCondition('sourceZone=1', 12, { sourceZone });
    expect(items).toHaveLength(18);
    expect(items.slice(0, 2).map(({ text }) => text)).toEqual(['1-zone', 'zone-1']);
    expect(completeCondition('sourceZone=', 11, { sourceZone }).items).toHaveLength(20);
  });
});
