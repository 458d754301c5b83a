import { ByteReader } from './byte-reader.ts';
import { type DataSet, isFinished, reportTruncation } from './data-set.ts';
import { type DataType, variableLength } from './data-type.ts';
import type { DecodeErrorHandler, DecodeReason } from './decode-error.ts';
import { describedElement } from './element-information.ts';
import type { InformationElement } from './information-element.ts';
import { readScalar } from './scalar-reader.ts';
import { minimumFieldOctets, type Template, type TemplateField } from './template.ts';
import type { TemplateStore } from './template-store.ts';
import type { BasicList, DataRecord, SubTemplateList, SubTemplateMultiList, Value } from './value.ts';

/** Maximum depth of nested lists: deeper than any exporter nests, shallow enough for any stack. */
const maxListDepth = 8;

/** Values of a record that is read briefly. */
const briefValues = 256;
const leftOutTypes: ReadonlySet<DataType> = new Set([
  'octetArray',
  'unsigned256',
  'basicList',
  'subTemplateList',
  'subTemplateMultiList',
]);
const nothing = new Uint8Array(0);

/** The set being read, and what it is read with; the same for all its fields. */
interface Context {
  readonly set: DataSet;
  readonly store: TemplateStore;
  readonly onError: DecodeErrorHandler;
}

/** A list that cannot be read. It stays octets in its record; the other fields are read. */
class ListFault {
  readonly reason: DecodeReason;
  readonly text: string;
  constructor(reason: DecodeReason, text: string) {
    this.reason = reason;
    this.text = text;
  }
}

/**
 * The records of a data set as plain values, one at a time: any element of any template. This reader is for
 * people and for templates without another reader; the column reader reads flows.
 * The store learns the elements that options records describe.
 * @param isBrief whether a record has at most its first 256 values, with nothing for octets and lists. This
 * bounds the garbage that a sender can make.
 */
export function* readRecords(
  set: DataSet,
  store: TemplateStore,
  onError: DecodeErrorHandler,
  isBrief = false,
): Generator<DataRecord> {
  const context = { set, store, onError };
  while (!isFinished(set)) {
    const reader = new ByteReader(set.bytes, set.offset, set.end);
    const values = isBrief ? readBriefly(set.template, reader) : readFields(set.template, reader, context, 0);
    if (values === undefined) {
      reportTruncation(set, onError);
      return;
    }
    set.offset = reader.offset;
    const record = { template: set.template, values };
    const element = set.template.scopeFieldCount > 0 ? describedElement(record) : undefined;
    if (element !== undefined) store.learn(element);
    yield record;
  }
}

/** The values of one record; undefined if the octets end too early. */
function readFields(
  template: Template,
  reader: ByteReader,
  context: Context,
  depth: number,
): Value[] | undefined {
  const values: Value[] = [];
  for (const field of template.fields) {
    const value = readField(field, reader, context, depth);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

/** The first values of one record, without octets and lists; undefined if the octets end too early. */
function readBriefly({ fields }: Template, reader: ByteReader): Value[] | undefined {
  const values: Value[] = [];
  for (const { element, length } of fields) {
    const octets = reader.valueLength(length);
    if (octets < 0) return undefined;
    const isLeftOut = values.length >= briefValues || leftOutTypes.has(element.type);
    if (!isLeftOut) values.push(readScalar(element.type, reader.take(octets), length !== variableLength));
    else {
      reader.skip(octets);
      if (values.length < briefValues) values.push(nothing);
    }
  }
  return values;
}

function readField(
  { element, length }: TemplateField,
  reader: ByteReader,
  context: Context,
  depth: number,
): Value | undefined {
  const octets = reader.valueLength(length);
  if (octets < 0) return undefined;
  switch (element.type) {
    case 'basicList':
      return readList(element, reader.within(octets), context, depth, readBasicList);
    case 'subTemplateList':
      return readList(element, reader.within(octets), context, depth, readSubTemplateList);
    case 'subTemplateMultiList':
      return readList(element, reader.within(octets), context, depth, readSubTemplateMultiList);
    default:
      return readScalar(element.type, reader.take(octets), length !== variableLength);
  }
}

function readList(
  element: InformationElement,
  reader: ByteReader,
  context: Context,
  depth: number,
  read: (reader: ByteReader, context: Context, depth: number) => Value | ListFault,
): Value {
  const { set, onError } = context;
  const start = reader.offset;
  const list =
    depth === maxListDepth
      ? new ListFault('list-too-deep', `lists lie in each other more than ${maxListDepth} deep`)
      : read(reader, context, depth + 1);
  if (!(list instanceof ListFault)) return list;
  onError({
    offset: start - set.messageStart,
    domain: set.header.domain,
    setId: set.template.id,
    templateId: set.template.id,
    field: element.name,
    reason: list.reason,
    text: list.text,
  });
  return reader.bytes.slice(start, reader.end);
}

/**
 *     semantic (1) | element id (2) | element length (2) | [enterprise number (4)] | values …
 *
 * RFC 6313 section 4.5.1.
 */
function readBasicList(reader: ByteReader, context: Context, depth: number): BasicList | ListFault {
  if (!reader.has(5)) return cutOff('its header');
  const semantic = reader.unsigned8();
  const number = reader.unsigned16();
  const length = reader.unsigned16();
  if (number >= 0x8000 && !reader.has(4)) return cutOff('its header');
  const enterprise = number >= 0x8000 ? reader.unsigned32() : 0;
  const field = { element: context.store.elementOf(enterprise, number & 0x7fff), length };
  if (minimumFieldOctets(field) === 0) return new ListFault('list-malformed', 'its values have no octets');
  const values: Value[] = [];
  while (reader.left > 0) {
    const value = readField(field, reader, context, depth);
    if (value === undefined) return cutOff(`value ${values.length + 1}`);
    values.push(value);
  }
  return { kind: 'basicList', semantic, field, values };
}

/**
 *     semantic (1) | template id (2) | records …
 *
 * RFC 6313 section 4.5.2.
 */
function readSubTemplateList(
  reader: ByteReader,
  context: Context,
  depth: number,
): SubTemplateList | ListFault {
  if (!reader.has(3)) return cutOff('its header');
  const semantic = reader.unsigned8();
  const part = readPart(reader.unsigned16(), reader, context, depth);
  return part instanceof ListFault ? part : { kind: 'subTemplateList', semantic, ...part };
}

/**
 * semantic (1) | parts …, each: template id (2) | length, including these four octets (2) | records …
 * RFC 6313 section 4.5.3.
 */
function readSubTemplateMultiList(
  reader: ByteReader,
  context: Context,
  depth: number,
): SubTemplateMultiList | ListFault {
  if (!reader.has(1)) return cutOff('its header');
  const semantic = reader.unsigned8();
  const parts: { template: Template; records: DataRecord[] }[] = [];
  while (reader.left > 0) {
    if (!reader.has(4)) return cutOff(`the header of part ${parts.length + 1}`);
    const templateId = reader.unsigned16();
    const octets = reader.unsigned16() - 4;
    if (octets < 0 || !reader.has(octets)) return cutOff(`part ${parts.length + 1}`);
    const part = readPart(templateId, reader.within(octets), context, depth);
    if (part instanceof ListFault) return part;
    parts.push(part);
  }
  return { kind: 'subTemplateMultiList', semantic, parts };
}

/** Records of one template, up to the end of the octets: lists have no padding. */
function readPart(
  templateId: number,
  reader: ByteReader,
  context: Context,
  depth: number,
): { template: Template; records: DataRecord[] } | ListFault {
  const template = context.store.get(context.set.header.domain, templateId);
  if (template === undefined) {
    return new ListFault('list-template-unknown', `it arrived before template ${templateId} of its records`);
  }
  const records: DataRecord[] = [];
  while (reader.left > 0) {
    const values = readFields(template, reader, context, depth);
    if (values === undefined) return cutOff(`record ${records.length + 1}`);
    records.push({ template, values });
  }
  return { template, records };
}

function cutOff(what: string): ListFault {
  return new ListFault('list-malformed', `it ends within ${what}`);
}
