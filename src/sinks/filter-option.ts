import { conditionOfWords, type FilterWords, FlowFilter, filterWords } from '../flow/index.ts';
import { customOption } from '../runtime/index.ts';

const names = Object.keys(filterWords);
const value = `a map of filter words (${names.join(', ')}), each with a value or a list of values`;
const values = { type: ['string', 'number', 'boolean'] };
const items = { anyOf: [values, { type: 'array', items: values }] };
const json = {
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, items])),
  additionalProperties: false,
};

/**
 * Which flows a sink or a metric takes: the filter words of the command line, with several values as a list.
 */
export const filterOption = (description: string) =>
  customOption({ description, value, names, json }, (found): FilterWords | undefined => {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined;
    const words = Object.fromEntries(
      Object.entries(found).map(([word, values]) => [word, [values].flat().map(String)]),
    ) as FilterWords;
    try {
      new FlowFilter(conditionOfWords(words));
    } catch (error) {
      throw new TypeError(`filter words (${(error as Error).message})`);
    }
    return words;
  });
