import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type DataType, elementOf } from '../../src/ipfix/index.ts';
import { foreignExporters } from '../support/foreign-exporters.ts';
import { ipfixPort } from '../support/metered-ends.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { address, decodeWithTshark, type TsharkField, text, unsigned } from '../support/tshark.ts';

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/*
 * `weir decode` against tshark, on captures of real exporters. tshark gives the position and octets of each
 * value. The meaning of the octets follows from the registry's type.
 */
for (const { name, needs, capture } of foreignExporters) {
  requires('tshark', ...needs)(`weir decode on a capture of ${name}`, () => {
    it('prints the records that tshark decodes, field by field', async () => {
      using directory = new TemporaryDirectory();
      const { file } = await capture(directory);
      const theirs = await decodeWithTshark(file, { port: ipfixPort });
      const { records, summary } = await decode(file);
      expect(records.length).toBe(theirs.records.length);
      expect(records.length).toBeGreaterThan(0);
      expect(summary.undecodable['template-unknown'] ?? 0).toBe(theirs.undecodedSets);
      for (const [i, expected] of theirs.records.entries()) {
        expect(records[i]).toEqual({
          exportTime: seconds(expected.exportTime),
          exporter: expected.exporter,
          transport: 'udp',
          version: 10,
          observationDomainId: expected.observationDomainId,
          sequenceNumber: expected.sequenceNumber,
          templateId: expected.templateId,
          scopeFieldCount: expected.scopeFieldCount,
          fields: fieldsOf(expected.fields),
        });
      }
    });
  });
}

interface Decoding {
  records: unknown[];
  summary: { undecodable: Record<string, number> };
}

async function decode(file: string): Promise<Decoding> {
  const decoding = new Program([process.execPath, program, 'decode', file, '-o', 'json']);
  await decoding.ended;
  const lines = (output: string) => output.split('\n').filter(Boolean);
  const { summary } = JSON.parse(lines(decoding.stderr).at(-1)!);
  return { records: lines(decoding.stdout).map((line) => JSON.parse(line)), summary };
}

/** A record's fields as `weir decode` must print them, with repeated ones as arrays. */
function fieldsOf(fields: readonly TsharkField[]): Record<string, unknown> {
  const expected = new Map<string, unknown[]>();
  for (const field of fields) {
    const element = elementOf(field.enterprise, field.id);
    expected.set(element.name, [...(expected.get(element.name) ?? []), expectedValue(field, element.type)]);
  }
  return Object.fromEntries(
    [...expected].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

function expectedValue(field: TsharkField, type: DataType): unknown {
  switch (type) {
    case 'ipv4Address':
    case 'ipv6Address':
    case 'macAddress':
      return address(field);
    case 'string':
      return text(field).replace(/\0+$/, '');
    case 'octetArray':
      return field.hex;
    case 'dateTimeSeconds':
      return seconds(Number(unsigned(field)));
    case 'dateTimeMilliseconds':
      return new Date(Number(unsigned(field))).toISOString();
    case 'dateTimeMicroseconds':
    case 'dateTimeNanoseconds':
      return ntpTime(unsigned(field), type === 'dateTimeMicroseconds' ? 6 : 9);
    case 'signed8':
    case 'signed16':
    case 'signed32':
    case 'signed64':
      return integer(BigInt.asIntN(field.hex.length * 4, unsigned(field)));
    default:
      if (!type.startsWith('unsigned')) throw new Error(`no expectation is written down for ${type}`);
      return integer(unsigned(field));
  }
}

const integer = (value: bigint): number | string =>
  Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`;

const seconds = (sinceEpoch: number): string => new Date(sinceEpoch * 1000).toISOString().replace('.000', '');

/** RFC 7011 section 6.1.9: seconds since 1900 and a fraction of 2^-32 s. */
function ntpTime(value: bigint, digits: number): string {
  const secondsOf1970 = Number(value >> 32n) - 2_208_988_800;
  const fraction = ((value & 0xffff_ffffn) * 10n ** BigInt(digits)) >> 32n;
  return seconds(secondsOf1970).replace('Z', `.${String(fraction).padStart(digits, '0')}Z`);
}
