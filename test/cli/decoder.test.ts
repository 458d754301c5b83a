import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Decoder } from '../../src/cli/decoder.ts';
import { dataSet, foreignMessage, templateSet } from '../support/foreign-messages.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

it('a message of 60,000 records is written in pieces, each when there is room', async () => {
  using directory = new TemporaryDirectory();
  const file = directory.file('messages');
  const template = { id: 300, fields: [['protocolIdentifier', 1]] as const };
  const records = Array.from({ length: 60_000 }, () => [6]);
  writeFileSync(file, foreignMessage({}, templateSet(template), dataSet(template, records)));
  let [lines, largest, underWay, mostUnderWay] = [0, 0, 0, 0];
  const decoder = new Decoder('json', async (piece) => {
    lines += piece.length;
    largest = Math.max(largest, piece.length);
    mostUnderWay = Math.max(mostUnderWay, ++underWay);
    await new Promise(setImmediate);
    underWay--;
  });
  expect(await decoder.decode(file)).toBe(0);
  expect({ lines, largest, mostUnderWay }).toEqual({ lines: 60_000, largest: 256, mostUnderWay: 1 });
});
