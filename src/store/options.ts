import {
  durationOption,
  integerOption,
  megabytesOption,
  optionSection,
  pathOption,
  requiredOption,
  type SectionValues,
} from '../runtime/index.ts';

/** Octets that a history has by default, for all its files together. */
export const DEFAULT_OCTETS = 1_073_741_824;
/** How long records are kept by default: seven days. */
export const DEFAULT_AGE_MS = 7 * 86_400_000;
/** How long sums by minute and by hour are kept by default: seven and 400 days. */
export const DEFAULT_MINUTES_AGE_MS = 7 * 86_400_000;
export const DEFAULT_HOURS_AGE_MS = 400 * 86_400_000;
/** Octets that the events beside a history have by default, and how long they are kept: 400 days. */
export const DEFAULT_EVENT_OCTETS = 64 * 1_048_576;
export const DEFAULT_EVENT_AGE_MS = 400 * 86_400_000;
/** Percent of the octets that are for the sums by minute, and as many for those by hour. */
export const DEFAULT_SHARE = 20;

export const historyOptions = optionSection(
  'Keep all flows in files on this machine; "weir flows" reads them.',
  {
    directory: requiredOption(
      pathOption('make', {
        description: 'directory of this history alone',
        value: 'the path of a directory',
      }),
    ),
    megabytes: megabytesOption(16_777_216, {
      description: 'maximum disk space for records and sums; the oldest are deleted',
      default: DEFAULT_OCTETS,
    }),
    maxAge: durationOption('1h', {
      description: 'time for which records are kept',
      default: DEFAULT_AGE_MS,
    }),
    minutesPercent: integerOption(1, 45, {
      description: 'share of the disk space for sums by minute; records cannot take it',
      default: DEFAULT_SHARE,
    }),
    minutesAge: durationOption('1h', {
      description: 'time for which sums by minute are kept',
      default: DEFAULT_MINUTES_AGE_MS,
    }),
    hoursPercent: integerOption(1, 45, {
      description: 'share of the disk space for sums by hour, four hours and day; records cannot take it',
      default: DEFAULT_SHARE,
    }),
    hoursAge: durationOption('1h', {
      description: 'time for which sums by hour, four hours and day are kept',
      default: DEFAULT_HOURS_AGE_MS,
    }),
    eventMegabytes: megabytesOption(65_536, {
      description: 'maximum disk space for events, besides; each kind of them has an equal share',
      default: DEFAULT_EVENT_OCTETS,
    }),
    eventAge: durationOption('1h', {
      description: 'time for which events are kept',
      default: DEFAULT_EVENT_AGE_MS,
    }),
  },
);

export type HistoryValues = SectionValues<typeof historyOptions>;
