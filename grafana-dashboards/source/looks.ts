import { MappingType, type Threshold, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

/** Green below, red from here on. */
export function badFrom(from: number): Threshold[] {
  return [
    { value: null, color: 'green' },
    { value: from, color: 'red' },
  ];
}

/** Words and colours for 1 and 0. */
export const upAndDown: ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: {
      '1': { text: 'up', color: 'green', index: 0 },
      '0': { text: 'down', color: 'red', index: 1 },
    },
  },
];

/** Words and colours for what is known completely or not yet. */
export const knownOrNot: ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: {
      '1': { text: 'known', color: 'green', index: 0 },
      '0': { text: 'not yet', color: 'orange', index: 1 },
    },
  },
];

/** For a series that exists, with the value 1, while a state lasts. */
export const blind: ValueMapping[] = [
  { type: MappingType.ValueToText, options: { '1': { text: 'blind', color: 'orange', index: 0 } } },
];
