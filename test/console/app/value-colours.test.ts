import { describe, expect, it } from 'vitest';
import { drawnGroups } from '../../../src/console/app/groups/drawn-group.ts';
import { familyOf, ValueColours } from '../../../src/console/app/groups/value-colours.ts';
import type { DimensionName } from '../../../src/flow/index.ts';
import { madeAnswer } from '../../support/made-answer.ts';

const by: DimensionName[] = ['sourceWorkload', 'destinationWorkload'];
const coloursOf = (...pairs: [string | null, string | null, bigint][]) => {
  const groups = drawnGroups(
    madeAnswer(
      by,
      pairs.map(([from, to, octets]) => ({ key: [from, to], octets })),
    ),
  );
  return { groups, colours: ValueColours.ofValues(groups, by) };
};

describe('the colour of a value', () => {
  it('is the same on both ends', () => {
    const { colours } = coloursOf(['a', 'b', 5n], ['b', 'a', 3n]);
    expect(colours.ofValue('sourceWorkload', 'a')).toBe(colours.ofValue('destinationWorkload', 'a'));
    expect(colours.ofValue('sourceWorkload', 'a')).not.toBe(colours.ofValue('sourceWorkload', 'b'));
    expect(familyOf('sourceWorkload')).toBe(familyOf('destinationWorkload'));
    expect(familyOf('protocol')).toBe('protocol');
  });

  it('belongs to the eight with most traffic, each another one; the others are grey', () => {
    const { colours } = coloursOf(
      ...Array.from({ length: 12 }, (_, at): [string, string, bigint] => [
        `w${at}`,
        `w${at}`,
        BigInt(100 - at),
      ]),
    );
    const classes = Array.from({ length: 12 }, (_, at) => colours.ofValue('sourceWorkload', `w${at}`));
    expect(new Set(classes.slice(0, 8)).size).toBe(8);
    expect(classes.slice(8)).toEqual(['rest', 'rest', 'rest', 'rest']);
  });

  it('stays when others come that want another one', () => {
    const few = coloursOf(['a', 'b', 5n]).colours;
    const more = coloursOf(['a', 'b', 50n], ['c', 'd', 3n]).colours;
    for (const value of ['a', 'b'])
      expect(more.ofValue('sourceWorkload', value)).toBe(few.ofValue('sourceWorkload', value));
  });

  it('tells a value that is called Other from the rest, and an empty text from none', () => {
    const { colours, groups } = coloursOf(['Other', null, 9n], ['', '__proto__', 5n]);
    const classes = ['Other', '', '__proto__'].map((value) => colours.ofValue('sourceWorkload', value));
    expect(new Set(classes).size).toBe(3);
    expect(classes).not.toContain('rest');
    expect(colours.ofValue('sourceWorkload', null)).toBe('rest');
    expect(ValueColours.ofGroups(groups).ofGroup({ ...groups[0]!, isRest: true })).toBe('rest');
  });

  it('of a denial is always the same', () => {
    const { colours } = coloursOf(['Drop', 'Reject', 1n]);
    expect(['Drop', 'Reject', 'Allow'].map((value) => colours.ofValue('verdict', value))).toEqual([
      'denied',
      'denied',
      'rest',
    ]);
  });
});

describe('the denial of a group', () => {
  const denialOf = (name: DimensionName, value: string | null, flows: bigint, deniedFlows: bigint) =>
    drawnGroups(madeAnswer([name], [{ key: [value], octets: 1n, flows, deniedFlows }]))[0]!.denial;

  it('is by its verdict, or by how many of its flows were denied', () => {
    expect(denialOf('verdict', 'Drop', 0n, 0n)).toBe('all');
    expect(denialOf('ingressAction', 'Reject', 0n, 0n)).toBe('all');
    expect(denialOf('sourceWorkload', 'Drop', 3n, 0n)).toBe('none');
    expect(denialOf('sourceWorkload', 'a', 3n, 1n)).toBe('some');
    expect(denialOf('sourceWorkload', 'a', 3n, 3n)).toBe('all');
  });
});

describe('the count of a group in the compared time', () => {
  it('is unknown, not nothing, when the history begins later', () => {
    const answer = madeAnswer(['protocol'], [{ key: ['TCP'], octets: 5n, previous: 0n }]);
    expect(drawnGroups(answer)[0]!.previous).toBe(0n);
    const previous = { coveredFromMs: undefined, coveredToMs: undefined, gaps: [] };
    const coverage = { ...answer.coverage, previous };
    expect(drawnGroups({ ...answer, coverage })[0]!.previous).toBeUndefined();
  });
});
