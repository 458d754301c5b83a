import { type DataType, elementOf } from '../../src/ipfix/index.ts';
import type { MadeField, MadeTemplate } from './made-templates.ts';
import { lengthFor, listText, recordText, VARIABLE, writeLength, writeValue } from './made-values.ts';
import { MessageOctets } from './message-octets.ts';
import type { Random } from './random.ts';

/** Lists in lists, at most. */
const MOST_DEPTH = 3;
const semantics = [0, 1, 2, 3, 4, 255];

/**
 * Writes one record with random values, and returns the text of each.
 * @param known templates of the same domain, for lists of records
 */
export function writeRecord(
  into: MessageOctets,
  template: MadeTemplate,
  known: readonly MadeTemplate[],
  random: Random,
  depth = 0,
): string[] {
  return template.fields.map((field) => writeField(into, field, known, random, depth));
}

function writeField(
  into: MessageOctets,
  { type, length }: MadeField,
  known: readonly MadeTemplate[],
  random: Random,
  depth: number,
): string {
  if (!type.endsWith('List')) return writeValue(into, type, length, random);
  const content = new MessageOctets();
  const text = listWriters[type as keyof typeof listWriters](content, known, random, depth + 1);
  writeLength(into, content.length, random);
  into.append(content);
  return text;
}

type WriteList = (
  into: MessageOctets,
  known: readonly MadeTemplate[],
  random: Random,
  depth: number,
) => string;

/** The lists of RFC 6313 sections 4.5.1 to 4.5.3. */
const listWriters: Readonly<Record<'basicList' | 'subTemplateList' | 'subTemplateMultiList', WriteList>> = {
  basicList: (into, known, random, depth) => {
    const semantic = random.of(semantics);
    const enterprise = random.of([0, 0, 4_242]);
    const id = random.of(depth < MOST_DEPTH ? [1, 8, 82, 27, 154, 291, 292] : [1, 8, 82, 27, 154]);
    const { type } = elementOf(enterprise, id);
    const length = type.endsWith('List') ? VARIABLE : lengthFor(type, random, true);
    into.number('list header', 1, semantic);
    into.number('element', 2, enterprise === 0 ? id : id | 0x8000).number('field length', 2, length);
    if (enterprise > 0) into.number('enterprise', 4, enterprise);
    const field = { enterprise, id, type, length };
    const count = random.below(4);
    return listText(
      'basic',
      semantic,
      Array.from({ length: count }, () => writeField(into, field, known, random, depth)),
    );
  },
  subTemplateList: (into, known, random, depth) => {
    const semantic = random.of(semantics);
    into.number('list header', 1, semantic);
    const template = random.of(inLists(known, depth));
    into.number('template id', 2, template.id);
    return listText(template.id, semantic, writeRecords(into, template, known, random, depth));
  },
  subTemplateMultiList: (into, known, random, depth) => {
    const semantic = random.of(semantics);
    into.number('list header', 1, semantic);
    const parts = Array.from({ length: random.below(3) }, () => {
      const template = random.of(inLists(known, depth));
      const records = new MessageOctets();
      const texts = writeRecords(records, template, known, random, depth);
      into
        .number('template id', 2, template.id)
        .number('set length', 2, records.length + 4)
        .append(records);
      return listText(template.id, '', texts);
    });
    return listText('multi', semantic, parts);
  },
};

function writeRecords(
  into: MessageOctets,
  template: MadeTemplate,
  known: readonly MadeTemplate[],
  random: Random,
  depth: number,
): string[] {
  return Array.from({ length: random.below(3) }, () =>
    recordText(writeRecord(into, template, known, random, depth)),
  );
}

/** The deepest lists have records without lists. */
function inLists(known: readonly MadeTemplate[], depth: number): readonly MadeTemplate[] {
  return depth < MOST_DEPTH ? known : known.filter(({ fields }) => !hasLists(fields));
}

export const hasLists = (fields: readonly MadeField[]): boolean =>
  fields.some(({ type }: { type: DataType }) => type.endsWith('List'));

/** Whether lists of records can be written: some template must have no lists. */
export const mayHaveLists = (known: readonly MadeTemplate[]): boolean =>
  known.some(({ fields }) => !hasLists(fields));
