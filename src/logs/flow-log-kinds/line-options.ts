import { integerOption, mapOption, nameListOption } from '../../runtime/index.ts';
import {
  defaultLogLayout,
  defaultStaticLabels,
  labelFieldNames,
  lineFieldNames,
  logFieldNames,
  MOST_LABELS,
  omittableFieldNames,
} from '../flow-lines/index.ts';
import { defaultFlowLogOptions } from '../options.ts';

/* Options about streams and lines. The two servers have other names for the same things. */

/** What lines and streams have besides static labels. */
const taken: ReadonlySet<string> = new Set([...logFieldNames, ...lineFieldNames]);

export const staticPairs = (description: string, names: string, isName: (name: string) => boolean) =>
  mapOption(
    {
      description,
      value: 'a map of names to texts, such as { environment: production }',
      default: defaultStaticLabels as Readonly<Record<string, string>>,
      json: { type: 'string', minLength: 1 },
    },
    `text, under a name of ${names}, which no field of a flow has`,
    (found, name) =>
      typeof found === 'string' && found !== '' && isName(name) && !taken.has(name) ? found : undefined,
  );

export const streamFields = nameListOption(labelFieldNames, {
  description: `what else makes a stream, at most ${MOST_LABELS}`,
  value: `a list of ${labelFieldNames.join(', ')}`,
  default: defaultLogLayout.labels,
});

export const metadataOption = (description: string) =>
  nameListOption(logFieldNames, {
    description,
    value:
      'a list of fields of the flow record, verdict, observedBy, sourceWorkload, destinationWorkload, communityId',
    default: defaultLogLayout.metadata,
  });

export const valuesEach = (what: string) =>
  integerOption(1, 4_000, {
    description: `maximum number of values of the ${what} namespace, node and cluster; further ones become "other"`,
    default: 100,
  });

/** What of the flows is logged. */
export const omitting = {
  omit: nameListOption(omittableFieldNames, {
    description: 'fields that are not logged; the line contains all others',
    value: 'a list of fields of the flow record other than those that every line begins with',
    default: defaultLogLayout.omit,
  }),
  sampleOneOf: integerOption(1, 1_000_000, {
    description: 'log one of N flows that no policy denied, with weight=N in its line; 1 logs all',
    default: defaultFlowLogOptions.sampleOneOf,
  }),
};
