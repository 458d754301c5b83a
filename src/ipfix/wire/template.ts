import { naturalLength, variableLength } from './data-type.ts';
import type { InformationElement } from './information-element.ts';

export interface TemplateField {
  readonly element: InformationElement;
  /** Octets in each record; `variableLength` (65535) when each record tells. */
  readonly length: number;
}

/** A template or options template (RFC 7011 sections 3.4.1 and 3.4.2). */
export interface Template {
  /** 256 to 65535; the id of the sets that hold its records. */
  readonly id: number;
  readonly fields: readonly TemplateField[];
  /** How many of the fields, from the first on, are scope; 0 exactly if this is no options template. */
  readonly scopeFieldCount: number;
  /** Octets that the shortest possible record takes; at least 1. */
  readonly minimumRecordOctets: number;
  /** Equal for templates that describe the same octets, whatever their id and whoever sent them. */
  readonly layout: string;
}

/** Set ids with a meaning of their own (RFC 7011 section 3.3.2). Data sets have their template's id. */
export const templateSetId = 2;
export const optionsTemplateSetId = 3;
export const minimumDataSetId = 256;

/** Octets a field takes at least: its length, or the one octet that says how long the value is. */
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

/** Set id of the sets that announce or withdraw this kind of template. */
export function announcingSetId(template: Template): number {
  return template.scopeFieldCount === 0 ? templateSetId : optionsTemplateSetId;
}

/** Code units that a call can take as arguments. */
const MOST_UNITS = 8192;

/**
 * A layout from its code units:
 *
 *     scope field count | for each field: element id, its top bit set where an enterprise follows | length |
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
