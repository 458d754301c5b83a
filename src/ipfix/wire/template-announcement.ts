import { isReadableLength } from './data-type.ts';
import type { DecodeReason } from './decode-error.ts';
import { type MessageContext, reportError } from './message-handler.ts';
import { createTemplate, minimumDataSetId, type Template, type TemplateField } from './template.ts';

/**
 * Maximum fields without octets in a template. They cost nothing on the wire but work for every record:
 * without a bound, a few octets could cause a million steps.
 */
const maxEmptyFields = 16;

/** Where a template was announced. */
export interface AnnouncementPlace {
  /** Octets from the start of the message. */
  readonly offset: number;
  readonly setId: number;
  readonly templateId: number;
}

/** A template whose octets have been walked over, and whose fields have not been read. */
export interface TemplateAnnouncement extends AnnouncementPlace {
  readonly isOptions: boolean;
  readonly scopeFieldCount: number;
  readonly fieldCount: number;
  /** As in `Template`. It identifies a known template before anything is made of it. */
  readonly layout: string;
  /** Called for a new template only. */
  readonly readFields: () => TemplateField[];
}

/** Stores a template within the bounds of its source, and tells the handler of it. */
export function announceTemplate(announced: TemplateAnnouncement, context: MessageContext): void {
  const { header, store, handler } = context;
  const { offset, setId, templateId, isOptions, scopeFieldCount, fieldCount, layout } = announced;
  const place = { offset, setId, templateId };
  const refuseHere = (reason: DecodeReason, text: string) => refuseTemplate(place, reason, text, context);
  const previous = store.get(header.domain, templateId);
  if (previous?.layout === layout && isOptions === previous.scopeFieldCount > 0) {
    store.refresh(header.domain, templateId);
    handler.template?.(previous, previous, header);
    return;
  }
  if (!store.admits(fieldCount)) {
    refuseHere('template-rate-exceeded', 'its source has reached the limit of new fields for a minute');
    return;
  }
  if (!store.hasRoomFor(header.domain, templateId, fieldCount, layout)) {
    refuseHere('template-store-full', `the session's templates have reached their memory limit`);
    return;
  }
  const fields = announced.readFields();
  const template = createTemplate(templateId, fields, scopeFieldCount);
  const fault = faultOf(template, isOptions);
  if (fault !== undefined) {
    refuseHere(...fault);
    return;
  }
  for (const { element, length } of fields) {
    // In NetFlow, a scope without octets is the whole exporter.
    const isWholeExporter = length === 0 && header.netflow !== undefined;
    if (isWholeExporter || isReadableLength(element.type, length)) continue;
    const text = `${element.name} is ${element.type}, which cannot be read from ${length} octets`;
    reportError(context, { ...place, field: element.name }, 'template-field-unreadable', text);
  }
  const stored = store.put(header.domain, template);
  handler.template?.(stored, previous, header);
}

/** An exporter that sends a broken template no longer uses the earlier one with that id. */
export function refuseTemplate(
  place: AnnouncementPlace,
  reason: DecodeReason,
  text: string,
  context: MessageContext,
): void {
  context.store.delete(context.header.domain, place.templateId);
  reportError(context, place, reason, text);
}

function faultOf(template: Template, isOptions: boolean): [DecodeReason, string] | undefined {
  if (template.id < minimumDataSetId) {
    return ['template-id-reserved', `template ids start at 256, this one is ${template.id}`];
  }
  const { scopeFieldCount, fields } = template;
  if (isOptions && (scopeFieldCount === 0 || scopeFieldCount > fields.length)) {
    return ['template-scope-invalid', `${scopeFieldCount} of ${fields.length} fields cannot be scope fields`];
  }
  const emptyFields = fields.filter((field) => field.length === 0).length;
  if (template.minimumRecordOctets === 0) {
    return ['template-record-empty', 'records of this template would have no octets'];
  }
  if (emptyFields > maxEmptyFields) {
    return ['template-record-empty', `${emptyFields} fields without octets, ${maxEmptyFields} are allowed`];
  }
  return undefined;
}
