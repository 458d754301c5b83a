import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BatchLayout,
  Dictionary,
  type FieldName,
  FlowBatch,
  fieldNames,
  fieldOf,
  formatAddress,
} from '../../src/flow/index.ts';
import {
  ColumnReader,
  ColumnWriter,
  columnOf,
  createTemplate,
  type DataRecord,
  type DataType,
  type DecodeError,
  dataTypes,
  elementNamed,
  elementOf,
  flowFieldsOf,
  MessageWriter,
  naturalLength,
  type ReaderKind,
  readMessage,
  readRecords,
  type Template,
  type TemplateField,
  TemplateStore,
  type Value,
  variableLength,
} from '../../src/ipfix/wire/index.ts';
import { Collected } from '../support/ipfix-collected.ts';
import { message, octets, set, u16 } from '../support/ipfix-octets.ts';

/** A few runs on a developer's machine, and many where there is time. */
const runs = process.env.CI === undefined ? 200 : 1000;
const header = { domain: 7, sequenceNumber: 1, exportTimeSeconds: 1_700_000_000 };

/** Lengths that a template may give to a field of this type. */
function lengthOf(type: DataType): fc.Arbitrary<number> {
  if (type === 'float64') return fc.constantFrom(4, 8);
  if (type === 'octetArray' || type === 'string')
    return fc.oneof(fc.constant(variableLength), fc.integer({ min: 1, max: 40 }));
  if (type.startsWith('unsigned') || type.startsWith('signed'))
    return fc.integer({ min: 1, max: naturalLength(type) });
  return fc.constant(naturalLength(type));
}

/** Values that a field of this type and length can hold, as they are read back. */
function valuesOf({ element: { type }, length }: TemplateField): fc.Arbitrary<Value> {
  const bits = BigInt(length * 8);
  const integer = (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
  if (type.startsWith('unsigned')) return fc.bigInt(0n, 2n ** bits - 1n).map(integer);
  if (type.startsWith('signed')) return fc.bigInt(-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n).map(integer);
  switch (type) {
    case 'octetArray':
      return fc.uint8Array(
        length === variableLength ? { maxLength: 300 } : { minLength: length, maxLength: length },
      );
    case 'string':
      return fc
        .string({ maxLength: 300, unit: 'grapheme' })
        .filter(
          (text) => length === variableLength || (Buffer.byteLength(text) <= length && !text.endsWith('\0')),
        );
    case 'boolean':
      return fc.boolean();
    case 'float32':
      return fc.float({ noNaN: true });
    case 'float64':
      return length === 4 ? fc.float({ noNaN: true }) : fc.double({ noNaN: true });
    case 'macAddress':
      return fc
        .uint8Array({ minLength: 6, maxLength: 6 })
        .map((mac) => Buffer.from(mac).toString('hex').replace(/..\B/g, '$&:'));
    case 'ipv4Address':
      return fc.ipV4();
    case 'ipv6Address':
      return fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        return formatAddress([0, 4, 8, 12].map((at) => view.getUint32(at)));
      });
    case 'dateTimeSeconds':
      return fc.integer({ min: 0, max: 0xffffffff }).map((seconds) => seconds * 1000);
    case 'dateTimeMilliseconds':
      return fc.bigInt(0n, 2n ** 64n - 1n).map(integer);
    case 'dateTimeMicroseconds':
      return fc.bigInt(0n, 4_000_000_000_000_000n).map((microseconds) => microseconds * 1000n);
    default:
      return fc.bigInt(0n, 4_000_000_000_000_000_000n);
  }
}

const scalarField = fc
  .constantFrom(...dataTypes.filter((type) => !type.endsWith('List')))
  .chain((type) =>
    fc.record({ type: fc.constant(type), length: lengthOf(type), id: fc.integer({ min: 1, max: 32767 }) }),
  )
  .map(({ type, length, id }) => ({ element: { enterprise: 4242, id, name: `x${id}`, type }, length }));

const templateAndRecords = fc
  .array(scalarField, { minLength: 1, maxLength: 12, size: 'max' })
  .chain((fields) => {
    const template = createTemplate(256, fields);
    const values = fc.tuple(...template.fields.map(valuesOf));
    return fc.record({
      template: fc.constant(template),
      records: fc.array(values, { maxLength: 6, size: 'max' }),
    });
  });

describe('records of any template', () => {
  it('are unchanged after writing and reading', () => {
    fc.assert(
      fc.property(templateAndRecords, ({ template, records }) => {
        const writer = new MessageWriter();
        writer.start(header);
        for (const values of records) expect(writer.writeRecord({ template, values })).toBe(true);
        const collected = new Collected();
        collected.store.put(7, template);
        collected.read(writer.finish());
        expect(collected.errors).toEqual([]);
        expect(collected.records.map(({ values }) => values)).toEqual(records);
      }),
      { numRuns: runs },
    );
  });

  it('have the announced template', () => {
    const field = fc.record({
      enterprise: fc.constantFrom(0, 29305, 56506, 0xffffffff),
      id: fc.integer({ min: 1, max: 32767 }),
      length: fc.integer({ min: 1, max: 65535 }),
    });
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 60 }), fc.nat(), (fields, scope) => {
        const written = createTemplate(
          300,
          fields.map(({ enterprise, id, length }) => ({ element: elementOf(enterprise, id), length })),
          scope % (fields.length + 1),
        );
        const writer = new MessageWriter();
        writer.start(header);
        expect(writer.writeTemplate(written)).toBe(true);
        expect(new Collected().read(writer.finish()).templates).toEqual([
          { template: written, previous: undefined },
        ]);
      }),
      { numRuns: runs },
    );
  });
});

/** Elements that the flow record knows and some that it does not, at lawful and at odd lengths. */
const anyField: fc.Arbitrary<TemplateField> = fc
  .oneof(
    fc.constantFrom(...fieldNames.filter((name) => fieldOf(name).elements.length > 0)).chain((name) => {
      const { elements, ipv6Elements = [] } = fieldOf(name);
      return fc
        .constantFrom(...elements, ...ipv6Elements)
        .map(({ enterprise, id }) => elementOf(enterprise, id));
    }),
    fc.constantFrom(82, 210, 291, 292, 9999).map((id) => elementOf(0, id)),
  )
  .chain((element) =>
    fc
      .oneof(
        { weight: 8, arbitrary: fc.constant(naturalLength(element.type)) },
        { weight: 3, arbitrary: fc.integer({ min: 1, max: 12 }) },
        { weight: 1, arbitrary: fc.constant(variableLength) },
      )
      .map((length) => ({ element, length })),
  );

/**
 * The expected values of a column for a record: the reference for the generated code.
 */
function expectedValue({ template, values }: DataRecord, name: FieldName): unknown {
  const { storage } = fieldOf(name);
  const seen = new Set<string>();
  const candidates = template.fields.flatMap(({ element, length }, i) => {
    const target = columnOf(element);
    const value = values[i]!;
    const isReadable = !(value instanceof Uint8Array);
    // Times have a fixed length (RFC 7011 section 6.1); the generic reader is more lenient.
    const fits = length === variableLength ? target?.storage !== 'time' : isReadable;
    if (target?.name !== name || !fits || seen.has(element.name)) return [];
    seen.add(element.name);
    return isReadable ? [{ value, element, rank: target.rank }] : [];
  });
  const onlyOne = storage === 'time' || storage === 'unsigned64' || storage === 'string';
  const best = onlyOne ? candidates.sort((a, b) => a.rank - b.rank)[0] : undefined;
  const chosen = onlyOne ? best : (candidates.find(({ value }) => !isZero(value)) ?? candidates.at(-1));
  if (chosen === undefined)
    return storage === 'time' || storage === 'unsigned64'
      ? Number.NaN
      : storage === 'address'
        ? '::'
        : storage === 'string'
          ? ''
          : 0;
  const { value, element } = chosen;
  switch (storage) {
    case 'time': {
      const nanoseconds = element.type === 'dateTimeMicroseconds' || element.type === 'dateTimeNanoseconds';
      if (nanoseconds) return value === ntpZero ? Number.NaN : Number(value) / 1e6;
      return Number(value) || Number.NaN;
    }
    case 'unsigned8':
    case 'unsigned16':
    case 'unsigned32':
      return Math.min(
        Number(value),
        { unsigned8: 0xff, unsigned16: 0xffff, unsigned32: 0xffffffff }[storage],
      );
    case 'unsigned64':
      return Number(value);
    default:
      return String(value).replace(/^::ffff:(?=\d+\.)/, '');
  }
}

/** The NTP time of all zero octets; in a record it means no time. */
const ntpZero = 2_085_978_496_000_000_000n;

const isZero = (value: Value) =>
  value === 0 || value === '0.0.0.0' || value === '::' || value === '::ffff:0.0.0.0';

function actualValue(batch: FlowBatch, name: FieldName, row: number): unknown {
  const column = batch.columns[name];
  switch (fieldOf(name).storage) {
    case 'address':
      return formatAddress(column, row * 4);
    case 'string':
      return batch.dictionary.text(column[row]!);
    default:
      return column[row];
  }
}

/** Reads a message with a column reader into batches of this many rows. */
function readIntoColumns(bytes: Uint8Array, template: Template, capacity: number, kind?: ReaderKind) {
  const store = new TemplateStore();
  store.put(7, template);
  const layout = new BatchLayout(flowFieldsOf(template), capacity);
  const reader = new ColumnReader(template, layout, kind);
  const batches = [new FlowBatch(layout, new Dictionary())];
  const errors: DecodeError[] = [];
  readMessage(bytes, store, {
    data: (data) => {
      while (!reader.read(data, batches.at(-1)!, (error) => errors.push(error))) {
        batches.push(new FlowBatch(layout, new Dictionary()));
      }
    },
    error: (error) => errors.push(error),
  });
  return { batches, errors };
}

describe.each(['compiled', 'plain'] as const)('the %s column reader', (kind) => {
  it('agrees with the generic reader on any template and any octets', () => {
    const content = fc
      .uint8Array({ maxLength: 600, size: 'max' })
      .map((bytes) => bytes.map((octet) => (octet > 250 ? octet : octet % 7)));
    fc.assert(
      fc.property(
        fc.array(anyField, { minLength: 1, maxLength: 14, size: 'max' }),
        content,
        fc.integer({ min: 1, max: 5 }),
        (fields, bytes, capacity) => {
          const template = createTemplate(256, fields);
          const sent = message(set(256, bytes));
          const collected = new Collected();
          collected.store.put(7, template);
          collected.read(sent);
          const { batches, errors } = readIntoColumns(sent, template, capacity, kind);
          expect(batches.reduce((sum, { length }) => sum + length, 0)).toBe(collected.records.length);
          expect(errors).toEqual(collected.errors.filter(({ reason }) => !reason.startsWith('list-')));
          collected.records.forEach((record, i) => {
            const batch = batches[Math.floor(i / capacity)]!;
            for (const name of batch.layout.fields) {
              const expected = expectedValue(record, name);
              const actual = actualValue(batch, name, i % capacity);
              if (typeof expected === 'number' && expected > 2 ** 40) {
                // A time with a fraction, or a counter beyond 2^53: the same but for a double's last bits.
                expect((actual as number) / expected, name).toBeCloseTo(1, 14);
              } else {
                expect(actual, name).toEqual(expected);
              }
            }
          });
        },
      ),
      { numRuns: runs },
    );
  });
});

describe('the generated column writer', () => {
  /** Without UIDs: 16 octets are written for a text, and no column reads them back. */
  const writable = fieldNames
    .flatMap((name) => {
      const { elements, ipv6Elements = [] } = fieldOf(name);
      return [...elements, ...ipv6Elements].map(({ name: element }) => elementNamed(element)!);
    })
    .filter(({ type }) => type !== 'octetArray');

  it('writes values that the column reader reads back', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...writable), {
          minLength: 1,
          maxLength: 20,
          selector: (element) => columnOf(element)!.name,
        }),
        fc.array(fc.uint8Array({ minLength: 200, maxLength: 200 }), { minLength: 1, maxLength: 5 }),
        (elements, seeds) => {
          const template = createTemplate(
            256,
            elements.map((element) => ({ element })),
          );
          const writer = new MessageWriter();
          const batch = batchOfRandom(template, seeds);
          writer.start(header);
          expect(writer.writeRows(new ColumnWriter(template), batch, 0, batch.length)).toBe(batch.length);
          const bytes = writer.finish();
          const { batches, errors } = readIntoColumns(bytes, template, batch.length);
          expect(errors).toEqual([]);
          expect([...batches[0]!]).toEqual([...batch]);
          const again = new MessageWriter();
          again.start(header);
          again.writeRows(new ColumnWriter(template), batches[0]!, 0, batch.length);
          expect(again.finish()).toEqual(bytes);
        },
      ),
      { numRuns: runs },
    );
  });
});

/** Rows that this template can express without loss, from random octets. */
function batchOfRandom(template: Template, seeds: readonly Uint8Array[]): FlowBatch {
  const batch = new FlowBatch(new BatchLayout(flowFieldsOf(template), seeds.length), new Dictionary());
  seeds.forEach((seed, row) => {
    template.fields.forEach(({ element }, i) => {
      const { name, storage } = columnOf(element)!;
      const random = new DataView(seed.buffer, seed.byteOffset).getUint32(i * 8);
      if (storage === 'string') {
        batch.columns[name][row] = batch.dictionary.intern(seed, i, random % 150);
      } else if (storage === 'address') {
        const v6 = element.type === 'ipv6Address';
        batch.columns[name].set(v6 ? [random, random, 7, random] : [0, 0, 0xffff, random], row * 4);
      } else if (storage === 'time') {
        batch.columns[name][row] = (1 + (random % 2_000_000_000)) * 1000;
      } else {
        batch.columns[name][row] = storage === 'unsigned64' ? random * 2 ** 21 : random;
      }
    });
  });
  batch.length = seeds.length;
  return batch;
}

describe('any octets', () => {
  /** Reads messages in every way; returns the cost in values and rows. */
  function readAll(messages: readonly Uint8Array[]) {
    const store = new TemplateStore();
    const layout = new BatchLayout(fieldNames, 16);
    const cost = { values: 0, rows: 0, errors: 0 };
    const error = () => void cost.errors++;
    for (const bytes of messages) {
      readMessage(bytes, store, {
        data: (data) => {
          const batch = new FlowBatch(layout, new Dictionary());
          const reader = new ColumnReader(data.template, layout);
          for (const record of readRecords({ ...data }, store, error)) cost.values += record.values.length;
          while (!reader.read(data, batch, error)) {
            cost.rows += batch.length;
            batch.length = 0;
          }
          cost.rows += batch.length;
        },
        error,
      });
    }
    return cost;
  }

  const withHeaders = (sets: Uint8Array) => message(sets);

  it('neither throw nor hang nor yield more than their size', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300, size: 'max' }), { maxLength: 4 }), (contents) => {
        const total = contents.reduce((sum, { length }) => sum + length, 0);
        const cost = readAll([...contents, ...contents.map(withHeaders)]);
        expect(cost.values).toBeLessThanOrEqual(17 * total);
        expect(cost.rows).toBeLessThanOrEqual(total);
        expect(cost.errors).toBeLessThanOrEqual(4 * total + contents.length);
      }),
      { numRuns: runs },
    );
  });

  it('in sets of a template and its records neither throw nor hang nor yield more than their size', () => {
    const specifier = fc.tuple(
      fc.constantFrom(1, 7, 8, 27, 82, 152, 154, 291, 292, 293),
      fc.constantFrom(0, 1, 2, 4, 8, 16, 65535),
    );
    const small = fc
      .uint8Array({ maxLength: 500, size: 'max' })
      .map((bytes) => bytes.map((octet) => (octet > 252 ? octet : octet % 5)));
    fc.assert(
      fc.property(
        fc.array(specifier, { minLength: 1, maxLength: 20 }),
        small,
        fc.boolean(),
        (fields, records, lists) => {
          const announced = set(
            2,
            u16(256),
            u16(fields.length),
            fields.map(([id, length]) => [u16(id), u16(length)]),
          );
          const content = lists ? records.map((octet, i) => (i % 5 === 1 ? 1 : octet)) : records;
          const cost = readAll([message(announced), message(set(256, content))]);
          expect(cost.values).toBeLessThanOrEqual(17 * (content.length + 1));
          expect(cost.rows).toBeLessThanOrEqual(content.length);
        },
      ),
      { numRuns: runs },
    );
  });

  it('in a few places of a valid message neither throw nor hang', () => {
    const good = octets(
      message(
        set(2, u16(256), u16(3), u16(7), u16(2), u16(82), u16(65535), u16(292), u16(65535)),
        set(256, u16(80), 2, 'aabb', 12, 0, u16(256), u16(81), 0, 3, 0, u16(256), '000000'),
      ),
    );
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(changes, (places) => {
        const bytes = good.slice();
        for (const [at, octet] of places) bytes[at] = octet;
        const cost = readAll([good, bytes, good]);
        expect(cost.values).toBeLessThanOrEqual(17 * 3 * good.length);
      }),
      { numRuns: runs },
    );
  });
});
