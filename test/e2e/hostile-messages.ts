import { randomBytes } from 'node:crypto';

/*
 * The messages of a hostile peer, some 100 MB in all. They are written by Buffers because there are so many.
 */

type Field = readonly [element: number, length: number, enterprise?: number];

const addresses: readonly Field[] = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
];
const ADDRESS_OCTETS = 13;
const VARIABLE = 65_535;
const podName: Field = [101, VARIABLE, 56_506];

function u16(...values: number[]): Buffer {
  const octets = Buffer.alloc(values.length * 2);
  for (const [i, value] of values.entries()) octets.writeUInt16BE(value, i * 2);
  return octets;
}

function set(id: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([u16(id, body.length + 4), body]);
}

function message(domain: number, ...sets: Uint8Array[]): Buffer {
  const body = Buffer.concat(sets);
  return Buffer.concat([u16(10, body.length + 16, 25_939, 61_696, 0, 1, 0, domain), body]);
}

const specifier = ([element, length, enterprise]: Field): Buffer =>
  enterprise === undefined
    ? u16(element, length)
    : u16(element | 0x8000, length, enterprise >>> 16, enterprise & 0xffff);

const template = (id: number, fields: readonly Field[]): Buffer =>
  Buffer.concat([u16(id, fields.length), ...fields.map(specifier)]);

const optionsTemplate = (id: number, fields: readonly Field[], scopeFields: number): Buffer =>
  Buffer.concat([u16(id, fields.length, scopeFields), ...fields.map(specifier)]);

/** A message without its last octets. */
export const partialMessage: Uint8Array = Buffer.concat([u16(10, 65_535), Buffer.alloc(60_000)]);

/**
 * One mix after the other, each for its own session. The last one uses up the fields that an address may
 * announce in a minute.
 */
export function worstMixes(): Iterable<Uint8Array>[] {
  return [flows(), names(), options(), tinyRecords(), tinySets(), domains(), layouts(), wideTemplates()];
}

/** Sessions of a few messages, from ports and addresses that never return. */
export function* floods(): Generator<{ address: string; messages: Uint8Array[] }> {
  const announced = message(1, set(2, template(256, addresses)));
  for (let n = 0; n < 10_000; n++) {
    const address = `127.1.${n >> 8}.${1 + (n & 127)}`;
    // Every third message has records without a template.
    const other = n % 3 === 0 ? message(n & 0xffff, set(300, randomBytes(1_000))) : announced;
    yield { address, messages: [other, message(1, set(256, randomBytes(ADDRESS_OCTETS)))] };
  }
}

/** Flows that each come once, as many as a message can hold. */
function* flows(): Generator<Uint8Array> {
  yield message(1, set(2, template(256, addresses), template(257, [[8, 4]])));
  for (let n = 0; n < 100; n++) yield message(1, set(256, randomBytes(ADDRESS_OCTETS * 5_000)));
  for (let n = 0; n < 30; n++) yield message(1, set(257, randomBytes(4 * 16_000)));
}

/**
 * Flows with their own names: some of the maximum length on the wire, and many that are kept whole.
 */
function* names(): Generator<Uint8Array> {
  yield message(1, set(2, template(256, [...addresses, podName])));
  for (let n = 0; n < 500; n++) {
    yield message(
      1,
      set(256, randomBytes(ADDRESS_OCTETS), Buffer.from([255]), u16(60_000), randomBytes(60_000)),
    );
  }
  for (let n = 0; n < 400; n++) {
    const records = Array.from({ length: 100 }, (_, i) =>
      Buffer.concat([
        randomBytes(ADDRESS_OCTETS),
        Buffer.from([200]),
        Buffer.from(`pod-${n}-${i}-`.padEnd(200, 'x')),
      ]),
    );
    yield message(1, set(256, ...records));
  }
}

/** Templates with different layouts, each with a record. Later ones replace earlier ones. */
function* layouts(): Generator<Uint8Array> {
  for (let n = 0; n < 16_000; n++) {
    const id = 256 + (n % 8_000);
    const fields = [...addresses, [1 + (n % 32_000), 1, 40_000] as const];
    yield message(1, set(2, template(id, fields)), set(id, Buffer.alloc(ADDRESS_OCTETS + 1, 1)));
  }
}

/** Templates of 8000 fields that no registry knows. */
function* wideTemplates(): Generator<Uint8Array> {
  for (let n = 0; n < 64; n++) {
    const fields = Array.from({ length: 8_000 }, (_, i): Field => [1 + i, 1, 100 + n]);
    yield message(1, set(2, template(256 + n, fields)));
  }
}

/**
 * Options: sampling rates of thousands of selectors, records of thousands of fields, and templates that are
 * withdrawn at once.
 */
function* options(): Generator<Uint8Array> {
  const selector: readonly Field[] = [
    [302, 8],
    [304, 2],
    [305, 4],
    [306, 4],
  ];
  yield message(1, set(3, optionsTemplate(256, selector, 1)));
  for (let n = 0; n < 300; n++) yield message(1, set(256, randomBytes(18 * 1_000)));
  const wide = Array.from({ length: 15_000 }, (_, i): Field => [1 + (i % 400), 1]);
  yield message(1, set(3, optionsTemplate(2_000, wide, 1)));
  for (let n = 0; n < 150; n++) yield message(1, set(2_000, randomBytes(4 * 15_000)));
  for (let n = 0; n < 2_000; n++) {
    const id = 257 + (n % 1_000);
    yield message(1, set(3, optionsTemplate(id, [...selector, [1 + n, 1, 41_000]], 2)), set(3, u16(id, 0)));
  }
}

/** Records of one octet each, 60,000 in a message, with nothing but a protocol. */
function* tinyRecords(): Generator<Uint8Array> {
  yield message(1, set(2, template(256, [[4, 1]])));
  for (let n = 0; n < 100; n++) yield message(1, set(256, randomBytes(60_000)));
}

/** Sets without a record, 16,000 in a message, that nobody has announced. */
function* tinySets(): Generator<Uint8Array> {
  const sets = Array.from({ length: 16_000 }, (_, i) => set(300 + (i % 60_000)));
  for (let n = 0; n < 50; n++) yield message(1, ...sets);
}

/** New domains without end, each with a template. Every second one also sends records before its template. */
function* domains(): Generator<Uint8Array> {
  for (let n = 0; n < 20_000; n++) {
    yield message(n, set(2, template(256, addresses)), set(256, randomBytes(ADDRESS_OCTETS)));
  }
}
