import { describe, expect, it } from 'vitest';
import { followPath, listPath, searchCommand } from '../../../../src/console/app/flows/flow-search.ts';
import { csvText, exportedCell, jsonText } from '../../../../src/console/app/flows/record-export.ts';

describe('records as CSV', () => {
  it.each([
    ['=1+2', "'=1+2"],
    ['+cmd', "'+cmd"],
    ['-2', "'-2"],
    ['@sum', "'@sum"],
    ['\ttab', "'\ttab"],
    ['=a,"b"', '"\'=a,""b"""'],
    ['a\nb', '"a\nb"'],
    [7, '7'],
    [undefined, ''],
  ])('have no cell that a spreadsheet takes for a formula: %j', (value, cell) => {
    expect(exportedCell(value)).toBe(cell);
  });

  it('have a column for each field that any record has, in the order of the record', () => {
    const lines = [
      { sourceIP: '192.0.2.1', protocol: 'TCP' },
      { octetDeltaCount: 5, sourceIP: '192.0.2.2' },
    ];
    expect(csvText(lines)).toBe('sourceIP,octetDeltaCount,protocol\r\n192.0.2.1,,TCP\r\n192.0.2.2,5,\r\n');
    expect(
      jsonText(lines)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(lines);
  });
});

describe('a search for flows', () => {
  const where = `namespace=shop and source="it's"`;

  it('asks the server for the newest records, or for all until a time', () => {
    expect(listPath({ from: '1h', to: 'now', where: '' })).toBe('../flows?since=1h&last=10000');
    const past = new URL(
      listPath({ from: '2026-01-31T10:00:00Z', to: '2026-01-31T11:00:00Z', where }),
      'http://x',
    );
    expect(Object.fromEntries(past.searchParams)).toEqual({ since: '2026-01-31T10:00:00Z', where });
    expect(followPath({ where: '' })).toBe('../flows?follow=true&last=100');
  });

  it('is a command for a shell, with any text in it', () => {
    expect(searchCommand({ from: '1h', to: 'now', where }, false)).toBe(
      `weir flows --where 'namespace=shop and source="it'\\''s"' --since 1h --last 10000`,
    );
    expect(searchCommand({ from: '1h', to: 'now', where: '' }, true)).toBe('weir flows --follow');
  });
});
