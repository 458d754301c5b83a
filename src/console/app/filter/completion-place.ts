import { type ConditionWord, conditionWords } from '../../../flow/index.ts';

/** What may come where somebody writes, and how it begins. */
export type CompletionPlace =
  | { readonly kind: 'word'; readonly start: number; readonly prefix: string }
  | { readonly kind: 'joint'; readonly start: number; readonly prefix: string }
  | { readonly kind: 'value'; readonly word: ConditionWord; readonly start: number; readonly prefix: string };

const value = String.raw`!?(?:"(?:[^"\\]|\\.)*"|[^\s"(),!=]+)`;
const startedValue = new RegExp(
  String.raw`(?:^|[\s(])([A-Za-z][\w-]*)\s*!?=\s*(?:${value}\s*,\s*)*!?("(?:[^"\\]|\\.)*|[^\s"(),!=]*)$`,
);
const startedWord = /(?:^|\(\s*|(?:^|[\s(])(?:and|or|not)\s+(?:\(\s*)?)([A-Za-z][\w-]*)?$/i;
const startedJoint = /(?:[\s)]|")([A-Za-z]*)$/;

/** @param text up to where somebody writes */
export function completionPlace(text: string): CompletionPlace | undefined {
  const [, word, begun = ''] = startedValue.exec(text) ?? [];
  if (word !== undefined) {
    if (!isWord(word)) return undefined;
    return { kind: 'value', word, start: text.length - begun.length, prefix: begun.replace(/^"/, '') };
  }
  const started = startedWord.exec(text);
  if (started !== null) {
    const prefix = started[1] ?? '';
    return { kind: 'word', start: text.length - prefix.length, prefix };
  }
  const joint = startedJoint.exec(text);
  if (joint === null) return undefined;
  return { kind: 'joint', start: text.length - joint[1]!.length, prefix: joint[1]! };
}

const isWord = (text: string): text is ConditionWord => Object.hasOwn(conditionWords, text);
