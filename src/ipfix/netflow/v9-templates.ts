import {
  announceTemplate,
  ByteReader,
  layoutFrom,
  type MessageContext,
  maxMessageOctets,
  minimumDataSetId,
  refuseTemplate,
  reportError,
  type TemplateField,
} from '../wire/index.ts';
import { scopeElementOf, v9ElementOf } from './v9-elements.ts';

const TEMPLATE_HEADER_OCTETS = 4;
const OPTIONS_HEADER_OCTETS = 6;
const FIELD_OCTETS = 4;

/** The set with templates has the id 0 (RFC 3954 section 5.2), the one with options templates 1 (6.1). */
export const v9TemplateSetId = 0;
export const v9OptionsTemplateSetId = 1;

/** The octets of one template in its set, before its fields. */
interface TemplateHeader {
  readonly templateId: number;
  readonly scopeFieldCount: number;
  readonly fieldCount: number;
  /** Whether the lengths of an options template are whole fields. */
  readonly isWhole: boolean;
}

/**
 * Reads the next template of a template set or options template set.
 *
 *     set 0: template id (2) | field count (2) | fields …
 *     set 1: template id (2) | octets of the scope fields (2) | octets of the others (2) | fields …
 *     field: type (2) | length (2)
 *
 * RFC 3954 sections 5.2 and 6.1.
 * @returns false for octets that are no template, after which nothing in the set can be found
 */
export function readV9Template(setId: number, set: ByteReader, context: MessageContext): boolean {
  const isOptions = setId === v9OptionsTemplateSetId;
  const headerOctets = isOptions ? OPTIONS_HEADER_OCTETS : TEMPLATE_HEADER_OCTETS;
  const offset = set.offset - context.start;
  if (!set.has(headerOctets)) {
    const text = `a template takes at least ${headerOctets} octets, ${set.left} are left in the set`;
    reportError(context, { offset, setId }, 'template-truncated', text);
    return false;
  }
  const { templateId, scopeFieldCount, fieldCount, isWhole } = readHeader(isOptions, set);
  const place = { offset, setId, templateId };
  if (templateId < minimumDataSetId) {
    const text = `template ids start at ${minimumDataSetId}, this one is ${templateId}`;
    reportError(context, place, 'template-id-reserved', text);
    return false;
  }
  if (!isWhole || !set.has(fieldCount * FIELD_OCTETS)) {
    const text = `the template announces ${fieldCount} fields, but the set ends before them`;
    refuseTemplate(place, 'template-truncated', text, context);
    return false;
  }
  const specifiers = set.within(fieldCount * FIELD_OCTETS);
  const layout = layoutOf(specifiers, scopeFieldCount);
  const readFields = () => fieldsOf(specifiers, scopeFieldCount);
  announceTemplate({ ...place, isOptions, scopeFieldCount, fieldCount, layout, readFields }, context);
  return true;
}

/**
 * An options template without a scope is read as if its first field were the scope: it is about something.
 */
function readHeader(isOptions: boolean, set: ByteReader): TemplateHeader {
  const templateId = set.unsigned16();
  if (!isOptions) return { templateId, scopeFieldCount: 0, fieldCount: set.unsigned16(), isWhole: true };
  const scopeOctets = set.unsigned16();
  const fieldCount = (scopeOctets + set.unsigned16()) / FIELD_OCTETS;
  const scopeFieldCount = scopeOctets / FIELD_OCTETS || 1;
  const isWhole = Number.isInteger(fieldCount) && Number.isInteger(scopeFieldCount);
  return { templateId, scopeFieldCount, fieldCount, isWhole };
}

/** Code units of the largest layout that fits into a set: every field with an enterprise. */
const units = new Uint16Array(1 + maxMessageOctets);

/** The layout that `createTemplate` gives the same fields. */
function layoutOf({ bytes, offset, end }: ByteReader, scopeFieldCount: number): string {
  const reader = new ByteReader(bytes, offset, end);
  let length = 0;
  units[length++] = scopeFieldCount;
  for (let field = 0; reader.left > 0; field++) {
    const { enterprise, id } = elementAt(field, reader.unsigned16(), scopeFieldCount);
    units[length++] = enterprise === 0 ? id : id | 0x8000;
    units[length++] = reader.unsigned16();
    if (enterprise === 0) continue;
    units[length++] = enterprise >>> 16;
    units[length++] = enterprise & 0xffff;
  }
  return layoutFrom(units.subarray(0, length));
}

function fieldsOf({ bytes, offset, end }: ByteReader, scopeFieldCount: number): TemplateField[] {
  const reader = new ByteReader(bytes, offset, end);
  const fields: TemplateField[] = [];
  while (reader.left > 0) {
    const element = elementAt(fields.length, reader.unsigned16(), scopeFieldCount);
    fields.push({ element, length: reader.unsigned16() });
  }
  return fields;
}

const elementAt = (field: number, type: number, scopeFieldCount: number) =>
  field < scopeFieldCount ? scopeElementOf(type) : v9ElementOf(type);
