import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readIpfixFile } from '../../src/cli/capture/index.ts';
import {
  type DataType,
  elementOf,
  naturalLength,
  readExportedSets,
  readRecords,
  reverseEnterprise,
} from '../../src/ipfix/index.ts';
import { elementTable } from '../../src/ipfix/wire/element-table.ts';
import { pcap, tcp, udp } from '../cli/capture/capture-builder.ts';
import type { MadeRecord } from '../support/made-exporter.ts';
import { makeFixed } from '../support/made-fixed.ts';
import { writeRecord } from '../support/made-records.ts';
import { type MadeField, type MadeTemplate, writeTemplate } from '../support/made-templates.ts';
import { textOf, VARIABLE } from '../support/made-values.ts';
import { MessageOctets } from '../support/message-octets.ts';
import { Random } from '../support/random.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { decodeWithTshark, type TsharkField, type TsharkRecord } from '../support/tshark.ts';

/*
 * Weir and tshark read generated messages. The generator knows each value. tshark gives the place and the
 * octets of each value, and shows most of them in words of its own.
 */

const PORT = 4_739;
const SECONDS = 1_767_225_600;
const fresh = Math.floor(Math.random() * 2 ** 30);

/** What a capture has: its packets, and the records in them, in order. */
interface Sent {
  readonly packets: Uint8Array[];
  readonly records: MadeRecord[];
  messages: number;
}

const nothing = (): Sent => ({ packets: [], records: [], messages: 0 });

/** Follows each value: where one is misread, this is, too. */
const marker = { enterprise: 0, id: 8, type: 'ipv4Address', length: 4 } as const;
const DOMAIN = 7;
/** The template of records in lists. */
const inLists: MadeTemplate = {
  id: 300,
  scope: 0,
  fields: [{ enterprise: 0, id: 7, type: 'unsigned16', length: 2 }],
};

/** Natural and reduced lengths (RFC 7011 section 6.2), and variable ones (section 7). */
function lengthsOf(type: DataType): number[] {
  const natural = naturalLength(type);
  if (type.endsWith('List')) return [VARIABLE];
  if (natural === VARIABLE) return [VARIABLE, 7];
  if (type === 'float64') return [8, 4];
  const isInteger = type.startsWith('unsigned') || type.startsWith('signed');
  return [...new Set(isInteger ? [natural, Math.max(1, natural - 1), 1, VARIABLE] : [natural, VARIABLE])];
}

/**
 * dataLinkFrameSection and its reverse, icaSessionGuid, and two of Cisco's elements for HTTP, by enterprise
 * and number. In their values, tshark expects a frame, a GUID and parts of a name. If a value is too short
 * for that, it loses the record. Their lengths are free: RFC 7011 section 6.1.
 */
const dissected = new Set(['0 315', '29305 315', '5951 200', '9 12235', '9 9357']);
const isDissected = ({ enterprise, id }: MadeField): boolean => dissected.has(`${enterprise} ${id}`);

/** Each element of each registry and each reverse element, with each of its lengths. */
const allFields = elementTable
  .flatMap(
    ([enterprise, id]) =>
      (enterprise === 0
        ? [
            [0, id],
            [reverseEnterprise, id],
          ]
        : [[enterprise, id]]) as [number, number][],
  )
  .flatMap(([enterprise, id]) => {
    const { name, type } = elementOf(enterprise, id);
    const isKnown = enterprise !== reverseEnterprise || name.startsWith('reverse');
    return isKnown ? lengthsOf(type).map((length): MadeField => ({ enterprise, id, type, length })) : [];
  })
  .filter((field) => !isDissected(field));

/** A set of IPFIX. */
const set = (id: number, content: MessageOctets): MessageOctets =>
  new MessageOctets()
    .number('set id', 2, id)
    .number('set length', 2, content.length + 4)
    .append(content);

function message(sequence: number, ...sets: MessageOctets[]): Uint8Array {
  const length = sets.reduce((sum, { length }) => sum + length, 16);
  const into = new MessageOctets().number('version', 2, 10).number('length', 2, length);
  into.number('time', 4, SECONDS).number('sequence', 4, sequence).number('domain', 4, DOMAIN);
  for (const each of sets) into.append(each);
  return into.octets;
}

/** A template with a field, and records of it; every fifth is one of options, and fixed ones are padded. */
function setsOf(
  number: number,
  field: MadeField,
  records: MadeRecord[],
  random: Random,
  id = 256,
): MessageOctets[] {
  const isOptions = number % 5 === 0;
  const template = {
    id,
    scope: isOptions ? 1 : 0,
    fields: isOptions ? [marker, field] : [field, marker],
  };
  const announced = new MessageOctets();
  writeTemplate(announced, template, 'ipfix');
  const others = new MessageOctets();
  writeTemplate(others, inLists, 'ipfix');
  const content = new MessageOctets();
  for (let n = 0; n < 3; n++) {
    records.push({ template, domain: DOMAIN, values: writeRecord(content, template, [inLists], random) });
  }
  // tshark reads padding after records of variable length as records (RFC 7011 section 3.3.1).
  if (field.length !== VARIABLE) content.putRaw(new Uint8Array(number % 4));
  return [set(2, others), set(isOptions ? 3 : 2, announced), set(id, content)];
}

/** Half of the fields over UDP, each from a port of its own. */
function fieldsOverUdp(half: number, random: Random): Sent {
  const sent = nothing();
  for (const [number, field] of allFields.filter((_, n) => n % 2 === half).entries()) {
    const octets = message(0, ...setsOf(number, field, sent.records, random));
    sent.packets.push(udp(octets, PORT, 20_000 + number));
    sent.messages++;
  }
  return sent;
}

/**
 * Some fields over TCP in one session, where each template is withdrawn before the next. That has another id:
 * tshark keeps the first template of an id, which RFC 7011 section 8.1 allows to use again.
 */
function fieldsOverTcp(random: Random): Sent {
  const sent = nothing();
  let octetsSent = 1;
  sent.packets.push(tcp({ sequence: 0, flags: 2 }));
  for (const [number, field] of allFields.filter((_, n) => n % 11 === 0).entries()) {
    const before = sent.records.length;
    const id = 400 + number;
    const sets = setsOf(number, field, sent.records, random, id);
    const withdrawal = new MessageOctets().number('template id', 2, id).number('field count', 2, 0);
    const octets = message(before, ...sets, set(number % 5 === 0 ? 3 : 2, withdrawal));
    sent.packets.push(tcp({ sequence: octetsSent, payload: octets }));
    octetsSent += octets.length;
    sent.messages++;
  }
  return sent;
}

/** The scope of the options in NetFlow v9: a flow cache (RFC 3954 section 6.1). */
const cacheScope: MadeField = { enterprise: 0, id: 4, type: 'unsigned32', length: 4 };

/** Fields of NetFlow v9, each from a port of its own and every fifth in options, and a session of v5. */
function netflowOverUdp(random: Random): Sent {
  const sent = nothing();
  const send = (octets: Uint8Array, port: number) => {
    sent.packets.push(udp(octets, PORT, port));
    sent.messages++;
  };
  const fields = allFields.filter(
    ({ enterprise, length }, n) => enterprise === 0 && length !== VARIABLE && n % 3 === 0,
  );
  for (const [number, field] of fields.entries()) {
    const isOptions = number % 5 === 0;
    const template = {
      id: 256,
      scope: Number(isOptions),
      fields: isOptions ? [cacheScope, field] : [field, marker],
    };
    const announced = new MessageOctets();
    writeTemplate(announced, template, 'netflow-v9');
    const content = new MessageOctets();
    for (let n = 0; n < 3; n++) {
      sent.records.push({ template, domain: DOMAIN, values: writeRecord(content, template, [], random) });
    }
    content.putRaw(new Uint8Array(number % 4));
    const into = new MessageOctets()
      .number('version', 2, 9)
      .number('length', 2, 4)
      .number('time', 4, 1_000_000);
    into.number('time', 4, SECONDS).number('sequence', 4, 0).number('domain', 4, DOMAIN);
    send(into.append(set(Number(isOptions), announced)).append(set(256, content)).octets, 20_000 + number);
  }
  for (let n = 0, sequence = 0; n < 5; n++) {
    const { octets, records } = makeFixed(5, random, sequence, SECONDS + n);
    sequence += records.length;
    sent.records.push(...records);
    send(octets, 19_000);
  }
  return sent;
}

requires('tshark')('generated messages of every type, length and feature', () => {
  it.each([
    ['a seed that each run repeats', 7011, 0],
    ['a seed that no run has tried', fresh, 1],
  ])('give Weir the values that tshark reads, field by field, with %s', async (_, seed, half) => {
    const random = new Random(seed);
    const compared = new Map<DataType, number>();
    for (const [name, sent] of [
      ['udp', fieldsOverUdp(half, random)],
      ['tcp', fieldsOverTcp(random)],
      ['netflow', netflowOverUdp(random)],
    ] as const) {
      using directory = new TemporaryDirectory();
      const file = directory.file(`${name}.pcap`);
      writeFileSync(file, pcap(sent.packets));
      const ours = await readByWeir(file);
      const theirs = await decodeWithTshark(file, { port: PORT, transport: name === 'tcp' ? 'tcp' : 'udp' });
      const label = `seed ${seed}, ${name}`;
      expect(theirs, label).toMatchObject({ undecodedSets: 0, messages: sent.messages });
      expect(ours.length, label).toBe(sent.records.length);
      for (const [i, { template, domain, values }] of sent.records.entries()) {
        const { name: first } = elementOf(template.fields[0]!.enterprise, template.fields[0]!.id);
        const record = `${label}: record ${i} of template ${template.id} with ${first}`;
        expect(ours[i], record).toEqual({ domain, templateId: template.id, values });
        compareFields(theirs.records[i]!, template.fields, values, record, compared);
      }
      expect(theirs.records.length, label).toBe(sent.records.length);
    }
    for (const type of shownTypes) expect(compared.get(type) ?? 0, type).toBeGreaterThan(3);
  });
});

/** Types whose values tshark shows in a form that can be compared. */
const shownTypes: readonly DataType[] = [
  ...(['unsigned8', 'unsigned16', 'unsigned32', 'unsigned64'] as const),
  ...(['macAddress', 'ipv4Address', 'ipv6Address', 'dateTimeSeconds'] as const),
];

async function readByWeir(file: string) {
  const records: { domain: number; templateId: number; values: string[] }[] = [];
  const fail = (error: unknown) => expect.fail(JSON.stringify(error));
  for await (const captured of readIpfixFile(file)) {
    if (!('session' in captured)) throw new Error(`not read: ${JSON.stringify(captured)}`);
    const { session, octets } = captured;
    const { exportProtocol, templates } = session;
    for (const set of readExportedSets(exportProtocol, octets, templates, { error: fail })) {
      for (const { template, values } of readRecords(set, templates, fail)) {
        records.push({ domain: set.header.domain, templateId: template.id, values: values.map(textOf) });
      }
    }
  }
  return records;
}

/** tshark's fields are those of the template, their octets are the made values, and so is what it shows. */
function compareFields(
  { fields }: TsharkRecord,
  made: readonly { enterprise: number; id: number; type: DataType; length: number }[],
  values: readonly string[],
  record: string,
  compared: Map<DataType, number>,
): void {
  const numbersOf = ({ enterprise, id }: { enterprise: number; id: number }) => `${enterprise} ${id}`;
  expect(fields.map(numbersOf), record).toEqual(made.map(numbersOf));
  for (const [i, field] of fields.entries()) {
    const { type, length } = made[i]!;
    const place = `${record}: ${elementOf(field.enterprise, field.id).name} (${type}, ${length}) ${field.hex}`;
    if (!type.endsWith('List')) expect(textOfOctets(field.hex, type, length), place).toBe(values[i]);
    const shown = isMisread(field, type) ? undefined : shownText(field, type);
    if (shown === undefined) continue;
    compared.set(type, (compared.get(type) ?? 0) + 1);
    expect(shown, `${place}, shown as ${field.name} ${field.shown}`).toBe(values[i]);
  }
}

/** The value of octets by RFC 7011 section 6.1, as text. */
function textOfOctets(hex: string, type: DataType, length: number): string {
  const octets = Buffer.from(hex, 'hex');
  const unsigned = hex === '' ? 0n : BigInt(`0x${hex}`);
  if (type.startsWith('unsigned') || type === 'dateTimeMilliseconds') return String(unsigned);
  if (type.startsWith('signed')) return String(BigInt.asIntN(8 * octets.length, unsigned));
  switch (type) {
    case 'ipv4Address':
      return JSON.stringify(octets.join('.'));
    case 'ipv6Address':
      return JSON.stringify(hex.match(/..../g)!.join(':')); // made addresses have no zeros to leave out
    case 'macAddress':
      return JSON.stringify(hex.match(/../g)!.join(':'));
    case 'string':
      return JSON.stringify(octets.toString().replace(length === 65_535 ? '' : /\0+$/, ''));
    case 'boolean':
      return String(octets[0] === 1);
    case 'float32':
    case 'float64':
      return String(octets.length === 4 ? octets.readFloatBE() : octets.readDoubleBE());
    case 'dateTimeSeconds':
      return String(unsigned * 1000n);
    case 'dateTimeMicroseconds':
    case 'dateTimeNanoseconds':
      return String(nanosecondsOf(unsigned, type === 'dateTimeMicroseconds' ? 1000n : 1n));
    default:
      return `x${hex}`;
  }
}

/**
 * Seconds since 1900 and a fraction of 2^-32 s, in nanoseconds since 1970, rounded to the unit of the type.
 */
function nanosecondsOf(ntp: bigint, unit: bigint): bigint {
  const fraction = ((ntp & 0xffff_ffffn) * (1_000_000_000n / unit) + 2n ** 31n) >> 32n;
  return ((ntp >> 32n) - 2_208_988_800n) * 1_000_000_000n + fraction * unit;
}

/** Elements that tshark shows as times, as several values, or with names, in either direction. */
const otherwiseShown = new Set([21, 22, 87, 89, 139, 158, 159, 161, 162, 173, 209, 285]);

/**
 * What tshark 4.0 shows wrongly. Its octets and places are compared all the same.
 * - RFC 7011 section 6.1.5: 2 is false. tshark shows any octet but 0 as true.
 * - Section 6.2: values may have fewer octets. tshark reads four octets of an uptime (21, 22), whatever its
 *   length.
 * - Section 6.1.8: milliseconds have 64 bits. tshark shortens those of minFlowStartMilliseconds (272).
 * - Sections 6.1.9 and 6.1.10: a fraction is one of 2^-32 s. tshark cuts it off instead of rounding it.
 */
function isMisread({ enterprise, id }: TsharkField, type: DataType): boolean {
  if (type === 'boolean' || type === 'dateTimeMicroseconds' || type === 'dateTimeNanoseconds') return true;
  return (enterprise === 0 || enterprise === reverseEnterprise) && (otherwiseShown.has(id) || id === 272);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** The last second that a Date of JavaScript has. */
const LAST_YEAR = 275_000;

/**
 * What tshark shows, as the text of a value of this type; undefined if it shows octets, nothing, or a text.
 */
function shownText({ shown, name, hex }: TsharkField, type: DataType): string | undefined {
  const isOctets = /^..(:..)*$/.test(shown) && shown.replaceAll(':', '') === hex;
  if (name === '' || name.endsWith('_private_entry') || (isOctets && type !== 'macAddress')) return undefined;
  if (type === 'ipv4Address' || type === 'ipv6Address' || type === 'macAddress') return JSON.stringify(shown);
  if (type.startsWith('unsigned') || type.startsWith('signed')) return String(BigInt(shown));
  if (type === 'float64' || type === 'float32') return String(floatOf(shown, hex));
  if (!type.startsWith('dateTime')) return undefined;
  const found = /^(\w{3}) +(\d+), (\d+) (\d+):(\d+):(\d+)\.(\d{3})\d{6} UTC$/.exec(shown);
  if (found === null || Number(found[3]) > LAST_YEAR) return undefined;
  const [day, year, hours, minutes, seconds, ms] = found.slice(2).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return String(Date.UTC(year, months.indexOf(found[1]!), day, hours, minutes, seconds, ms));
}

/** tshark shows six digits: the value itself, if it has them. */
function floatOf(shown: string, hex: string): number {
  const octets = Buffer.from(hex, 'hex');
  const value = octets.length === 4 ? octets.readFloatBE() : octets.readDoubleBE();
  const read = Number(shown.replace('inf', 'Infinity').replace('nan', 'NaN'));
  return Math.abs(read - value) <= Math.abs(value) * 1e-5 ? value : read;
}
