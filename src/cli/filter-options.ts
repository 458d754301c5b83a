import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  allConditions,
  conditionOfWords,
  type FilterWord,
  type FilterWords,
  type FlowCondition,
  FlowFilter,
  filterWords,
  parseCondition,
} from '../flow/index.ts';

const placeholders: Partial<Record<FilterWord, string>> = {
  'min-octets': 'octets',
  port: 'port',
  proto: 'protocol',
};

/** The filter words as options of a command, each of which may be given several times, and a condition. */
export function addFilterOptions(command: Command): Command {
  for (const [word, description] of Object.entries(filterWords)) {
    const value = placeholders[word as FilterWord] ?? 'value';
    command.addOption(
      new Option(`--${word} <${value}>`, description).argParser((text, earlier: string[] | undefined) => {
        assertMeaningful({ [word]: [text] });
        return [...(earlier ?? []), text];
      }),
    );
  }
  command.addOption(
    new Option(
      '--where <condition>',
      'only flows for which this holds: words with "and", "or", "not" and parentheses',
    ).argParser(readWhere),
  );
  return command.addHelpText(
    'after',
    `
Filters: repeat one to match any of its values; "!" before a value negates it. All filters must hold, and --where, too. Its words are the
filters and the dimensions of flows, such as sourceWorkload: docs/reference/filters.md.
  --where 'namespace=shop and not (port=53 or destinationZone=eu-1a) and service exists'`,
  );
}

function readWhere(text: string, earlier: string | undefined): string {
  if (earlier !== undefined) throw new InvalidArgumentError('expected it once; join conditions with "and"');
  try {
    parseCondition(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return text;
}

function assertMeaningful(words: FilterWords): void {
  try {
    new FlowFilter(conditionOfWords(words));
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** The filter words among a command's options. */
export function filterWordsOf(options: Readonly<Record<string, unknown>>): FilterWords {
  const words: { [W in FilterWord]?: readonly string[] } = {};
  for (const word of Object.keys(filterWords) as FilterWord[]) {
    const values = options[word === 'min-octets' ? 'minOctets' : word];
    if (values !== undefined) words[word] = values as string[];
  }
  return words;
}

/** What all filter options of a command ask for. */
export const conditionOfOptions = (options: Readonly<Record<string, unknown>>): FlowCondition =>
  allConditions(conditionOfWords(filterWordsOf(options)), parseCondition(String(options.where ?? '')));
