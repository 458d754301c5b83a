import {
  megabytesOption,
  optionalSection,
  optionSection,
  pathOption,
  requiredOption,
  type SectionValues,
} from '../runtime/index.ts';
import type { SpoolingOptions } from './spooling-sink.ts';

/** The section of a sink that stores records on disk while its receiver cannot accept them. */
export const spoolOptions = (description: string) =>
  optionalSection(
    optionSection(description, {
      directory: requiredOption(
        pathOption('make', {
          description: 'directory of this sink alone',
          value: 'the path of a directory',
        }),
      ),
      megabytes: megabytesOption(16_777_216, {
        description: 'maximum disk space',
        default: 1_073_741_824,
      }),
    }),
  );

export const spoolSettings = ({
  directory,
  megabytes: maxOctets,
}: SectionValues<ReturnType<typeof spoolOptions>>): SpoolingOptions => ({ directory, maxOctets });
