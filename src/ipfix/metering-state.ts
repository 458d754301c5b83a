import { optionsTemplates } from './options-templates.ts';
import type { DataRecord } from './wire/index.ts';

/** What a Metering Process says of itself. */
export interface MeteringState {
  /** Of the host. */
  readonly name: string;
  /** The program and its version: "Weir 1.2.3". */
  readonly software: string;
  /** Why it may miss flows; empty when it sees all. */
  readonly blindBecause: readonly string[];
  /** IP packets that the host carried, and those of them that it metered. */
  readonly carriedPackets: number;
  readonly meteredPackets: number;
}

/** Characters that are kept of each text, and reasons. */
const MOST_CHARACTERS = 128;
const MOST_REASONS = 16;
const SEPARATOR = ', ';

const { meteringState } = optionsTemplates;

/** @param initTimeMs when the counts began */
export function meteringStateRecord(domain: number, state: MeteringState, initTimeMs: number): DataRecord {
  const { name, software, blindBecause, carriedPackets, meteredPackets } = state;
  const texts = [name, software, blindBecause.join(SEPARATOR)];
  return { template: meteringState, values: [domain, ...texts, carriedPackets, meteredPackets, initTimeMs] };
}

/** What a record of this kind says; undefined for any other. */
export function meteringStateIn({ template, values }: DataRecord): MeteringState | undefined {
  if (template.layout !== meteringState.layout) return undefined;
  const [, name, software, reasons, carried, metered] = values;
  return {
    name: shortText(name),
    software: shortText(software),
    blindBecause: reasonsIn(String(reasons)),
    carriedPackets: Number(carried),
    // No host carries fewer packets than were metered on it, whatever its agent says.
    meteredPackets: Math.min(Number(carried), Number(metered)),
  };
}

const reasonsIn = (text: string): string[] => [
  ...new Set(
    text
      .split(SEPARATOR, MOST_REASONS)
      .filter((reason) => reason !== '')
      .map(shortText),
  ),
];

const shortText = (value: unknown): string => String(value).slice(0, MOST_CHARACTERS);
