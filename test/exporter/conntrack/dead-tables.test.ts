import { describe, expect, it } from 'vitest';
import { deadTables } from '../../../src/exporter/conntrack/dead-tables.ts';

const sockets = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
0000000000000000 12  4711       00000000 0        0        0     2        0        1234
0000000000000000 12  4285014016 00000000 0        0        0     2        0        1235
0000000000000000 0   99         00000000 0        0        0     2        0        1236
`;
const table = { isOfWeir: true, isOwned: false, isDormant: false };

describe('deadTables', () => {
  const names = (...tables: Parameters<typeof deadTables>[0]) =>
    deadTables(tables, sockets).map(({ name }) => name);

  it("are Weir's tables with a number that no netfilter socket has", () => {
    const found = ['weir-4711', 'weir-4285014016', 'weir-99', 'weir-12', 'weir-12-2'];
    expect(names(...found.map((name) => ({ ...table, name })))).toEqual(['weir-99', 'weir-12', 'weir-12-2']);
  });

  it('exclude tables of other programs, with an owner, or with another name', () => {
    expect(
      names(
        { ...table, name: 'weir-12', isOfWeir: false },
        { ...table, name: 'weir-12', isOwned: true },
        { ...table, name: 'weir' },
        { ...table, name: 'weir-x' },
        { ...table, name: 'my-weir-12' },
      ),
    ).toEqual([]);
  });
});
