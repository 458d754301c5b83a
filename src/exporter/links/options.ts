import { integer, list, required, section, sections, text } from '../../runtime/index.ts';

/** The kernel allows names of 15 octets, without spaces and slashes; a pattern may be longer. */
const linkPattern = /^[^\s/]{1,64}$/;

export const linkCapacities = sections(
  'What links can carry, where the system does not tell or tells wrongly.',
  {
    link: required(text({ description: "the link's name, such as eth0", value: 'a name' })),
    bitsPerSecond: required(
      integer(1, 1_000_000_000_000_000, { description: 'what it can carry in each direction' }),
    ),
  },
  ({ link }, earlier) => {
    const isTaken = earlier.some((other) => other.link === link);
    return isTaken ? { key: 'link', expected: 'each link once' } : undefined;
  },
);

export const linkOptions = section(
  'Which links have series of their own; the others are summed up as link="other links".',
  {
    include: list(
      {
        description:
          "links that have series of their own besides the default's, which are all but the host's ends of Pods' links; * stands for any characters",
        value: 'a list of names, such as "veth*"',
        default: [],
        json: { type: 'string', pattern: linkPattern.source },
      },
      readLinkPattern,
    ),
    exclude: list(
      {
        description: 'links that have none, whatever else holds; * stands for any characters',
        value: 'a list of names, such as "docker*"',
        default: [],
        json: { type: 'string', pattern: linkPattern.source },
      },
      readLinkPattern,
    ),
    limit: integer(1, 4_096, {
      description: 'links that have series of their own at most',
      default: 64,
    }),
  },
);

function readLinkPattern(found: unknown): string | undefined {
  return typeof found === 'string' && linkPattern.test(found) ? found : undefined;
}
