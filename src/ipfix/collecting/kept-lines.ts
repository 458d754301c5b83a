import { crc32 } from 'node:zlib';

const FIRST = 'weir templates 1';

/** Lines as a file with a checksum of all of them at its end. */
export function* checkedLines(lines: Iterable<string>): Generator<string> {
  let crc = 0;
  for (const line of [FIRST, ...lines]) {
    const text = `${line}\n`;
    crc = crc32(text, crc);
    yield text;
  }
  yield `crc32 ${crc.toString(16)}\n`;
}

/**
 * The lines of such a file.
 * @throws what is wrong with it
 */
export function linesOf(text: string): string[] {
  const end = text.lastIndexOf('\ncrc32 ') + 1;
  if (end === 0) throw new Error('its end is missing');
  const content = text.slice(0, end);
  if (text.slice(end) !== `crc32 ${crc32(content).toString(16)}\n`) throw new Error('its checksum is wrong');
  const [first, ...lines] = content.slice(0, -1).split('\n');
  if (first !== FIRST) throw new Error('another version of Weir has written it');
  return lines;
}
