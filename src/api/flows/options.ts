import { durationOption, megabytesOption } from '../../runtime/index.ts';

/** How much of the last minutes is kept. */
export const windowOptions = {
  window: durationOption('1s', { description: 'time for which /flows keeps flows', default: 600_000 }),
  windowMegabytes: megabytesOption(65_536, {
    description: 'maximum memory for them',
    default: 20 * 1_048_576,
  }),
};
