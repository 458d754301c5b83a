import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  conditionOfWords,
  type FilterWord,
  type FilterWords,
  FlowFilter,
  filterWords,
} from '../flow/index.ts';

const placeholders: Partial<Record<FilterWord, string>> = {
  'min-octets': 'octets',
  port: 'port',
  proto: 'protocol',
};

/** The filter words as options of a command, each of which may be given several times. */
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
  return command.addHelpText(
    'after',
    '\nFilters: repeat one to match any of its values; "!" before a value negates it.',
  );
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
