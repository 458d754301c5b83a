import { naturalLength, variableLength } from './data-type.ts';
import type { InformationElement } from './information-element.ts';

export interface TemplateField {
  readonly element: InformationElement;
  /** Octets in each record; `variableLength` (65535) when each record has its own length. */
  readonly length: number;
}

/** A template or options template (RFC 7011 sections 3.4.1 and 3.4.2). */
export interface Template {
  /** 256 to 65535; also the id of the sets with its records. */
  readonly id: number;
  readonly fields: readonly TemplateField[];
  /** Number of scope fields, the first ones; 0 exactly if this is no options template. */
  readonly scopeFieldCount: number;
  /** Octets of the shortest possible record; at least 1. */
  readonly minimumRecordOctets: number;
  /** Equal for templates that describe the same octets, whatever their id and sender. */
  readonly layout: string;
}

/** Reserved set ids (RFC 7011 section 3.3.2). Data sets have their template's id. */
export const templateSetId = 2;
export const optionsTemplateSetId = 3;
export const minimumDataSetId = 256;

/** Minimum octets of a field: its length, or the one octet of a length prefix. */
export function minimumFieldOctets(field: TemplateField): number {
  return field.length === variableLength ? 1 : field.length;
}

/** A template made here; a field without a length gets the natural one of its type. */
export function createTemplate(
  id: number,
  fields: readonly { readonly element: InformationElement; readonly length?: number }[],
  scopeFieldCount = 0,
): Template {
  const complete = fields.map(({ element, length }) => ({
    element,
    length: length ?? naturalLength(element.type),
  }));
  return {
    id,
    fields: complete,
    scopeFieldCount,
    minimumRecordOctets: complete.reduce((sum, field) => sum + minimumFieldOctets(field), 0),
    layout: layoutOf(complete, scopeFieldCount),
  };
}

/** Id of the sets that announce or withdraw this kind of template. */
export function announcingSetId(template: Template): number {
  return template.scopeFieldCount === 0 ? templateSetId : optionsTemplateSetId;
}

/** Maximum code units in the arguments of one call. */
const MOST_UNITS = 8192;

/**
 * A layout from its code units:
 *
 *     scope field count | for each field: element id, its top bit set when an enterprise follows | length |
 *       [enterprise (2)]
 */
export function layoutFrom(units: Uint16Array): string {
  let layout = '';
  for (let at = 0; at < units.length; at += MOST_UNITS) {
    layout += String.fromCharCode.apply(null, units.subarray(at, at + MOST_UNITS) as unknown as number[]);
  }
  return layout;
}

function layoutOf(fields: readonly TemplateField[], scopeFieldCount: number): string {
  const units = fields.flatMap(({ element: { enterprise, id }, length }) =>
    enterprise === 0 ? [id, length] : [id | 0x8000, length, enterprise >>> 16, enterprise & 0xffff],
  );
  return layoutFrom(Uint16Array.of(scopeFieldCount, ...units));
}
