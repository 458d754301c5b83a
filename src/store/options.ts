import {
  durationOption,
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
      description: 'maximum disk space; the oldest records are deleted',
      default: DEFAULT_OCTETS,
    }),
    maxAge: durationOption('1h', {
      description: 'time for which records are kept',
      default: DEFAULT_AGE_MS,
    }),
  },
);

export type HistoryValues = SectionValues<typeof historyOptions>;
