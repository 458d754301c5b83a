import { ByteReader } from './byte-reader.ts';
import { type MessageContext, reportError } from './message-handler.ts';
import { maxMessageOctets } from './message-header.ts';
import { announcingSetId, layoutFrom, optionsTemplateSetId, type TemplateField } from './template.ts';
import { announceTemplate, refuseTemplate } from './template-announcement.ts';
import type { TemplateStore } from './template-store.ts';

/**
 * Reads the next record of a template set (id 2) or options template set (id 3): an announcement or a
 * withdrawal.
 *
 *     template id (2) | field count (2) | [scope field count (2), in set 3] | fields …
 *     template id (2) | 0 (2)                 withdraws it; the set's own id as template id withdraws all
 *
 * RFC 7011 sections 3.4.1, 3.4.2 and 8.1.
 * @returns false if it is truncated, after which nothing in the set can be found
 */
export function readTemplate(setId: number, set: ByteReader, context: MessageContext): boolean {
  const offset = set.offset - context.start;
  if (!set.has(4)) {
    const text = `a template record takes at least 4 octets, ${set.left} are left in the set`;
    reportError(context, { offset, setId }, 'template-truncated', text);
    return false;
  }
  const templateId = set.unsigned16();
  const fieldCount = set.unsigned16();
  if (fieldCount > 0) return readAnnouncement(setId, templateId, fieldCount, set, context);
  withdrawTemplates(setId, templateId, offset, context);
  return true;
}

/** As `readTemplate`, for an announcement. */
function readAnnouncement(
  setId: number,
  templateId: number,
  fieldCount: number,
  set: ByteReader,
  context: MessageContext,
): boolean {
  const { start } = context;
  const place = { offset: set.offset - 4 - start, setId, templateId };
  const scopeFieldCount = setId === optionsTemplateSetId && set.has(2) ? set.unsigned16() : 0;
  const specifiers = new ByteReader(set.bytes, set.offset, set.end);
  const layout = readLayout(scopeFieldCount, fieldCount, set);
  if (layout === undefined) {
    const text = `the template announces ${fieldCount} fields, but the set ends before them`;
    refuseTemplate(place, 'template-truncated', text, context);
    return false;
  }
  const isOptions = setId === optionsTemplateSetId;
  const readSpecified = () => readFields(fieldCount, specifiers, context.store);
  announceTemplate(
    { ...place, isOptions, scopeFieldCount, fieldCount, layout, readFields: readSpecified },
    context,
  );
  return true;
}

/** Code units of the largest layout that fits into a set. */
const units = new Uint16Array(1 + maxMessageOctets / 2);

/**
 * Skips field specifiers and returns their layout, as `layoutFrom` does; undefined if the set ends too early.
 * A layout identifies a known template before anything is made of it.
 *
 *     0 | element id (15 bits) | field length (2)
 *     1 | element id (15 bits) | field length (2) | enterprise number (4)
 * RFC 7011 section 3.2.
 */
function readLayout(scopeFieldCount: number, fieldCount: number, set: ByteReader): string | undefined {
  let length = 0;
  units[length++] = scopeFieldCount;
  for (let field = 0; field < fieldCount; field++) {
    if (!set.has(4)) return undefined;
    const number = set.unsigned16();
    const hasEnterprise = number >= 0x8000;
    units[length++] = number;
    units[length++] = set.unsigned16();
    if (!hasEnterprise) continue;
    if (!set.has(4)) return undefined;
    const high = set.unsigned16();
    const low = set.unsigned16();
    if (high === 0 && low === 0) {
      units[length - 2] = number & 0x7fff; // an IANA element in the long form
      continue;
    }
    units[length++] = high;
    units[length++] = low;
  }
  return layoutFrom(units.subarray(0, length));
}

/** The fields of complete specifiers. */
function readFields(fieldCount: number, specifiers: ByteReader, store: TemplateStore): TemplateField[] {
  const fields: TemplateField[] = [];
  while (fields.length < fieldCount) {
    const number = specifiers.unsigned16();
    const length = specifiers.unsigned16();
    const enterprise = number >= 0x8000 ? specifiers.unsigned32() : 0;
    fields.push({ element: store.elementOf(enterprise, number & 0x7fff), length });
  }
  return fields;
}

function withdrawTemplates(setId: number, templateId: number, offset: number, context: MessageContext): void {
  const { header, store, handler } = context;
  if (!store.obeysWithdrawals) return;
  const isAll = templateId === setId;
  const ids = isAll ? store.idsOfKind(header.domain, setId === optionsTemplateSetId) : [templateId];
  const isOfKind = (id: number) => {
    const template = store.get(header.domain, id);
    return template !== undefined && announcingSetId(template) === setId;
  };
  const withdrawn = ids.filter(isOfKind).map((id) => store.delete(header.domain, id)!);
  for (const template of withdrawn) handler.withdrawal?.(template, header);
  if (withdrawn.length === 0 && !isAll) {
    const text = `a set ${setId} withdraws template ${templateId}, which was never announced`;
    reportError(context, { offset, setId, templateId }, 'withdrawal-without-template', text);
  }
}
