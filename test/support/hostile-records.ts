import { type FlowRecord, fieldNames, fieldOf, Protocol } from '../../src/flow/index.ts';

/** Names that look like the syntax of the log format, or are invisible. */
export const hostileNames = [
  'plain',
  'with "quotes" and \\backslashes\\ and `ticks`',
  'two\nlines\tand a tab\r',
  'emoji 😀 and ünïcödé',
  `${'long '.repeat(60)}`,
  '} | json | line_format "{{.x}}" != "',
  'key=value other="x" weight=7',
  ' begins and ends with a space ',
  '-',
  '"',
  '\u0000\u001f\u007f\u2028',
];

/**
 * A record with every field; its names are the hostile ones, beginning with one of them. Each ended in
 * another second.
 */
export function fullRecord(first: number): FlowRecord {
  const end = Date.now() - 1_000 * first;
  let number = first;
  const values = fieldNames.map((name) => {
    const { storage } = fieldOf(name);
    number++;
    if (storage === 'string') return [name, hostileNames[number % hostileNames.length]!];
    if (storage === 'address') return [name, number % 2 ? `10.1.2.${number}` : `2001:db8::${number}`];
    if (storage === 'time') return [name, name === 'flowStartMilliseconds' ? end - 1_234_567 : end + number];
    if (storage === 'unsigned8') return [name, 1 + (number % 3)];
    return [name, storage === 'unsigned64' ? Number.MAX_SAFE_INTEGER - number : 1 + number];
  });
  const record = Object.fromEntries(values) as FlowRecord;
  return { ...record, flowEndMilliseconds: end, protocolIdentifier: Protocol.tcp };
}

/** As many records as hostile names, so that each field has each name once. */
export const fullRecords = (): FlowRecord[] => hostileNames.map((_, first) => fullRecord(first));
