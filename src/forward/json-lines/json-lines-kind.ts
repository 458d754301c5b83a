import { optionSection, pathOption, requiredOption } from '../../runtime/index.ts';
import type { SinkKind } from '../../sinks/index.ts';
import { JsonLines } from './json-lines.ts';

const options = optionSection('One JSON object a line.', {
  path: requiredOption(
    pathOption('append', {
      description: 'file to append to; "-" is standard output',
      value: 'a path or "-"',
    }),
  ),
});

export const jsonLinesKind: SinkKind<typeof options.shape> = {
  key: 'jsonLines',
  takesHalves: true,
  options,
  path: ({ path: file }) => file,
  sharesPath: true,
  make: (name, { path: file }) => new JsonLines(name, file),
};
