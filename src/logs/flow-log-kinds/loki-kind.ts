import { optionSection } from '../../runtime/index.ts';
import { isLabelName } from '../target-options.ts';
import { flowLogKind, objectionTo, pushSettings, withoutUndefined } from './flow-log-kind.ts';
import { metadataOption, omitting, staticPairs, streamFields, valuesEach } from './line-options.ts';
import { pushOptions } from './push-options.ts';

const options = optionSection(
  'Write flows as lines to Loki.',
  {
    ...pushOptions('loki', 'http://127.0.0.1:3100', 65_536),
    staticLabels: staticPairs('labels of every stream', 'letters, digits and _', isLabelName),
    labels: streamFields,
    valuesPerLabel: valuesEach('labels'),
    metadata: metadataOption('fields that are structured metadata, to filter by without reading the line'),
    ...omitting,
  },
  (values) => objectionTo(values, 'labels'),
  {
    streamFields: 'labels',
    staticFields: 'staticLabels',
    valuesPerStreamField: 'valuesPerLabel',
    fields: 'metadata',
    structuredMetadata: 'metadata',
  },
);

export const lokiKind = flowLogKind('loki', options, (values) => withoutUndefined(pushSettings(values)));
