import { MappingType, type Threshold, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

/** Green below, red from here on. */
export function bad(from: number): Threshold[] {
  return [
    { value: null, color: 'green' },
    { value: from, color: 'red' },
  ];
}

/** Words and colours of 1 and 0. */
export const upAndDown: ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: {
      '1': { text: 'up', color: 'green', index: 0 },
      '0': { text: 'down', color: 'red', index: 1 },
    },
  },
];

/** Of a series that is there, with the value 1, while something holds. */
export const blind: ValueMapping[] = [
  { type: MappingType.ValueToText, options: { '1': { text: 'blind', color: 'orange', index: 0 } } },
];
