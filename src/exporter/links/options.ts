import {
  integerOption,
  listOption,
  optionSection,
  optionSectionList,
  requiredOption,
  textOption,
} from '../../runtime/index.ts';

/** The kernel allows names of 15 octets, without spaces and slashes; a pattern may be longer. */
const linkPattern = /^[^\s/]{1,64}$/;

export const linkCapacities = optionSectionList(
  'Capacity of links, where the system reports none or a wrong one.',
  {
    link: requiredOption(textOption({ description: "the link's name, such as eth0", value: 'a name' })),
    bitsPerSecond: requiredOption(
      integerOption(1, 1_000_000_000_000_000, { description: 'capacity in each direction' }),
    ),
  },
  ({ link }, earlier) => {
    const isTaken = earlier.some((other) => other.link === link);
    return isTaken ? { key: 'link', expected: 'each link once' } : undefined;
  },
);

export const linkOptions = optionSection(
  'Links with series of their own; the series link="other links" contains all others.',
  {
    include: listOption(
      {
        description:
          "further links with series of their own; by default all except the host's ends of Pod links; * matches any characters",
        value: 'a list of names, such as "veth*"',
        default: [],
        json: { type: 'string', pattern: linkPattern.source },
      },
      readLinkPattern,
    ),
    exclude: listOption(
      {
        description: 'links without series of their own, in any case; * matches any characters',
        value: 'a list of names, such as "docker*"',
        default: [],
        json: { type: 'string', pattern: linkPattern.source },
      },
      readLinkPattern,
    ),
    limit: integerOption(1, 4_096, {
      description: 'maximum number of links with series of their own',
      default: 64,
    }),
  },
);

function readLinkPattern(found: unknown): string | undefined {
  return typeof found === 'string' && linkPattern.test(found) ? found : undefined;
}
