/** A comparison of a rule: `left operator right`. `matching` says how the series of both sides match. */
export interface Comparison {
  readonly left: string;
  readonly operator: '>' | '>=' | '<' | '<=' | '==' | '!=';
  /** `on (…) group_left (…)`, or empty. */
  readonly matching: string;
  readonly right: string;
}

/**
 * The comparisons of a PromQL expression that must all hold, or of which one must. It leaves out terms after
 * `unless`, and terms without a comparison: both say when the rule stays silent, not how much is too much.
 */
export function comparisonsOf(promql: string): Comparison[] {
  const bare = withoutParentheses(withoutComments(promql));
  const terms = splitOutside(bare, /^(and|or|unless)\b/i);
  if (terms.length === 1) return parseComparison(bare);
  return terms
    .filter(({ before }) => before.toLowerCase() !== 'unless')
    .flatMap(({ text }) => comparisonsOf(text.replace(modifiers, '')));
}

function parseComparison(promql: string): Comparison[] {
  const [first, second] = splitOutside(promql, /^(>=|<=|==|!=|>|<)/);
  if (first === undefined || second === undefined) return [];
  const [matching = ''] = modifiers.exec(second.text) ?? [];
  return [
    {
      left: first.text.trim(),
      operator: second.before as Comparison['operator'],
      matching: matching.trim(),
      right: second.text.slice(matching.length).trim(),
    },
  ];
}

/** What may stand between an operator and its right side. */
const modifiers =
  /^\s*(?:bool\b\s*)?(?:(?:on|ignoring)\s*\([^)]*\)\s*)?(?:group_(?:left|right)\s*(?:\([^)]*\))?\s*)?/i;

interface Part {
  /** The separator before it. */
  readonly before: string;
  readonly text: string;
}

/** Parts between separators outside of parentheses, braces, brackets and quotes. */
function splitOutside(promql: string, separator: RegExp): Part[] {
  const parts: Part[] = [];
  let before = '';
  let start = 0;
  for (let at = 0; at < promql.length; ) {
    const here = promql.slice(at);
    const isWordStart = at === 0 || !/[\w:]/.test(promql[at - 1]!);
    const found = isWordStart || /^\W/.test(here) ? separator.exec(here) : null;
    if (found !== null) {
      parts.push({ before, text: promql.slice(start, at) });
      before = found[0];
      at += found[0].length;
      start = at;
    } else {
      at += tokenLength(here);
    }
  }
  return [...parts, { before, text: promql.slice(start) }];
}

/** Length of the first token: a string, a pair of brackets with its content, or one character. */
function tokenLength(promql: string): number {
  const opening = promql[0]!;
  if (opening === '"' || opening === "'" || opening === '`') return quotedLength(promql, opening);
  const closing = { '(': ')', '{': '}', '[': ']' }[opening];
  if (closing === undefined) return 1;
  let at = 1;
  while (at < promql.length && promql[at] !== closing) at += tokenLength(promql.slice(at));
  return at + 1;
}

function quotedLength(promql: string, quote: string): number {
  let at = 1;
  while (at < promql.length && promql[at] !== quote) at += promql[at] === '\\' && quote !== '`' ? 2 : 1;
  return at + 1;
}

/** The text without parentheses around all of it. */
function withoutParentheses(promql: string): string {
  const text = promql.trim();
  return text.startsWith('(') && tokenLength(text) === text.length
    ? withoutParentheses(text.slice(1, -1))
    : text;
}

function withoutComments(promql: string): string {
  return promql.replace(/#[^"'\n]*$/gm, '');
}
