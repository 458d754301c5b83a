import { computed } from '@preact/signals';
import type { TimeRange } from '../time/index.ts';
import { address, changeAddress } from './address.ts';

/** The time that all pages show, from the address. */
export const shownTime = computed<TimeRange>(() => ({
  from: address.value.get('from') ?? '1h',
  to: address.value.get('to') ?? 'now',
}));

export const showTime = ({ from, to }: TimeRange): void =>
  changeAddress({ from, to: to === 'now' ? undefined : to });

/** The filter that all pages apply, from the address. */
export const shownFilter = computed(() => address.value.get('where') ?? '');

export const showFilter = (where: string): void => changeAddress({ where: where.trim() });
