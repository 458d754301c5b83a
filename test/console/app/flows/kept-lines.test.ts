import { expect, it } from 'vitest';
import { KeptLines } from '../../../../src/console/app/flows/kept-lines.ts';
import { missedRecordsLine } from '../../../../src/flow/index.ts';

it('the lines of a stream are records, or say how many are missing', () => {
  const kept = new KeptLines(2);
  kept.add([{ sourcePort: 1 }, JSON.parse(missedRecordsLine(7)), { sourcePort: 2 }]);
  kept.add([JSON.parse(missedRecordsLine(5)), { sourcePort: 3 }]);
  expect(kept.lines).toEqual([{ sourcePort: 2 }, { sourcePort: 3 }]);
  expect(kept).toMatchObject({ leftOut: 1, missed: 12, hasMissedMore: false });
  kept.add([JSON.parse(missedRecordsLine('some'))]);
  expect(kept).toMatchObject({ missed: 12, hasMissedMore: true });
});
