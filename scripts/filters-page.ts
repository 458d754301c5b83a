import {
  conditionBounds,
  dimensionNames,
  dimensions,
  type FilterWord,
  filterWords,
  parseCondition,
} from '../src/flow/index.ts';

/** Conditions, and which flows they pass. A test reads each. */
export const conditionExamples: Readonly<Record<string, string>> = {
  'namespace=shop and not port=53': 'flows with an end in the namespace shop, without DNS',
  'dst=10.0.0.0/8,fd00::/8': 'any of several values',
  'proto!=tcp,udp': 'none of several values; the same as `not proto=tcp,udp`',
  'src=10.0.0.0/8,!10.1.0.0/16': 'the first, without the second',
  'verdict=Drop,Reject and (sourceZone=eu-1a or sourceZone=eu-1b)': 'parentheses join what belongs together',
  'service exists and not destinationPod exists': 'a Service that no Pod answers for',
  'sourceWorkload=shop/web or destinationWorkload=shop/web': 'all flows of a workload',
  'destinationZone=""': 'no value',
  'service="a b",",and","\\"x\\"\\\\"': 'names with spaces, commas, quotes and backslashes',
  'min-octets="31.6 kB"': 'a value as a table prints it',
};

/** Texts that are refused. The page shows why. */
const refused = [
  'port=htp',
  'namespace=shop port=53',
  'namespace=a=b',
  'colour',
  'namespace=and',
  '(port=53',
];

export function filtersPage(written: string): string {
  const rowsOf = (texts: Readonly<Record<string, string>>) =>
    Object.entries(texts)
      .map(([text, what]) => `| \`${text}\` | ${what} |`)
      .join('\n');
  const faults = Object.fromEntries(refused.map((text) => [text, shortFault(text)]));
  const groups = Object.fromEntries(dimensionNames.map((name) => [name, dimensions[name].description]));
  return `${written}# Filters as text

One language says which flows are wanted. The console has it in its filter. \`weir flows\`, \`weir history export\`, \`weir logql\` and
\`weir logsql\` have it as \`--where\`, and \`/flows\` as the parameter \`where\`. [Filters](cli.md#filters) that are given beside it must
hold, too.

| condition | passes |
|---|---|
${rowsOf(conditionExamples)}

\`not\` binds closer than \`and\`, and \`and\` closer than \`or\`. These words may be in any case; all others are as they are below. An empty text
passes every flow.

**Quotes.** A value of letters of ASCII, digits and \`.\` \`_\` \`:\` \`/\` \`[\` \`]\` \`-\` needs no quotes. Any other is a string of JSON: in double quotes, with a
backslash before \`"\` and \`\\\`. So are \`and\`, \`or\`, \`not\` and \`exists\` where they are names. \`\\u202e\` stands for a character by its number. Weir itself writes
characters so that nobody would see. An exclamation mark in quotes is a part of the name.

**No value.** No name is empty, so \`""\` stands for "no value". \`sourceZone=""\` and \`not sourceZone exists\` are the same.

**Faults.** A text that is no condition is refused. The message has the column, what was expected and what was found. No part of a text is left out.

| text | message |
|---|---|
${rowsOf(faults)}

A text has at most ${conditionBounds.octets.toLocaleString('en-US')} octets. It has at most ${conditionBounds.tests} values, and at most ${conditionBounds.levels} parentheses and \`not\` within each other.

## Words

These are also options of commands, parameters of \`/flows\` and keys of \`filter\` in configuration files. Most test either end.

| word | value |
|---|---|
${rowsOf(filterWords satisfies Record<FilterWord, string>)}

## Dimensions

The name of what flows are grouped by is a word, too. It tests exactly the value that a group has: what a table shows, no more. Names of
protocols, flow types and actions may be in any case. Queries for Loki and VictoriaLogs cannot test the value of \`sourceWorkload\` and
\`destinationWorkload\`.

| word | value |
|---|---|
${rowsOf(groups)}
`;
}

/** The message, without the list of all words. */
function shortFault(text: string): string {
  try {
    parseCondition(text);
  } catch (error) {
    return (error as Error).message.replace(/one of the words .*;/, 'one of the words …;');
  }
  throw new Error(`expected a text that is refused, found ${text}`);
}
