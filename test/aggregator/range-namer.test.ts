import { expect, it } from 'vitest';
import { RangeNamer } from '../../src/aggregator/index.ts';
import { TestBed } from './test-bed.ts';

const namer = new RangeNamer([
  { name: 'office', networks: ['10.0.0.0/16', '2001:db8:1::/48'] },
  { name: 'printers', networks: ['10.0.2.0/24'] },
]);

it('names both ends by the range with the longest prefix, of each family', () => {
  const bed = new TestBed({}, undefined, undefined, [namer]);
  bed.send(
    bed.connection({ flowType: 3 }),
    bed.connection({ sourceIP: '2001:db8:1::5', destinationIP: '2001:db8:2::7' }),
  );
  const [first, second] = bed.pass(11_000);
  expect(first).toMatchObject({ sourceRangeName: 'office', destinationRangeName: 'printers' });
  expect(second).toHaveProperty('sourceRangeName', 'office');
  expect(second).not.toHaveProperty('destinationRangeName');
});
