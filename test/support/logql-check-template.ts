import type { Fault } from './logql-check-arguments.ts';

/*
 * Go templates, in line_format, in label_format and in the annotations of rules. The check tests whether Go
 * can parse a template, and whether its functions exist.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Of Go itself. */
const builtIn = words(`
  and call eq false ge gt html index js le len lt ne nil not or print printf println slice true urlquery
`);

/**
 * Functions for line_format and label_format, from
 * https://grafana.com/docs/loki/latest/query/template_functions/.
 */
const lokiFunctions: ReadonlySet<string> = new Set([
  ...builtIn,
  ...words(`
    __line__ __timestamp__ add addf alignLeft alignRight b64dec b64enc bytes ceil contains count date default div divf duration
    duration_seconds float64 floor fromJson hasPrefix hasSuffix indent int lower max maxf min minf mod mul mulf nindent now
    regexReplaceAll regexReplaceAllLiteral repeat Replace replace round sub subf substr title toDate toDateInZone ToLower ToUpper
    Trim trim trimAll TrimLeft TrimPrefix trimPrefix TrimRight TrimSpace TrimSuffix trimSuffix trunc unixEpoch unixEpochMillis
    unixEpochNanos unixToTime upper urldecode urlencode
  `),
]);

/** Functions and variables for the labels and annotations of rules. */
export const ruleFunctions: ReadonlySet<string> = new Set([
  ...builtIn,
  ...words(`
    $externalLabels $externalURL $labels $value args externalURL first graphLink humanize humanize1024 humanizeDuration
    humanizePercentage humanizeTimestamp label match now parseDuration parseDurationTime pathPrefix reReplaceAll safeHtml sortByLabel
    stripDomain stripPort strvalue tableLink title tmpl toLower toTime toUpper urlQueryEscape value
  `),
]);

const token =
  /(?<space>\s+)|(?<end>-?\}\})|(?<literal>"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+'|[+-]?\d[\w.]*)|(?<variable>\$\w*)(?:\.\w+)*|(?<field>(?:\.\w+)+|\.)|(?<name>[A-Za-z_]\w*)|(?<sign>:?=|[|(),])/uy;

interface Token {
  readonly text: string;
  readonly kind: 'literal' | 'variable' | 'field' | 'name' | 'sign';
}

/** The fault of a template, or undefined. */
export function faultOfTemplate(text: string, functions = lokiFunctions): Fault {
  try {
    checkBlocks(actionsOf(text), functions);
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return `${error.message} in the template ${text}`;
    throw error;
  }
}

/** The content of each pair of braces, without comments. */
function actionsOf(text: string): Token[][] {
  const actions: Token[][] = [];
  let rest = text;
  for (let start = rest.indexOf('{{'); start >= 0; start = rest.indexOf('{{')) {
    checkText(rest.slice(0, start));
    const inside = rest.slice(start + 2);
    const comment = /^(?:- )?\/\*[\s\S]*?\*\/(?: -)?\}\}/.exec(inside);
    if (comment !== null) {
      rest = inside.slice(comment[0].length);
      continue;
    }
    const { tokens, length } = tokensOf(inside.replace(/^-(?=\s)/, ' '));
    actions.push(tokens);
    rest = inside.slice(length);
  }
  checkText(rest);
  return actions;
}

/** Go takes such braces for text: the opening ones are missing. */
function checkText(text: string): void {
  if (text.includes('}}')) throw new SyntaxError('}} without {{');
}

function tokensOf(text: string): { tokens: Token[]; length: number } {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const start = token.lastIndex;
    const found = token.exec(text);
    if (found === null) throw new SyntaxError(`unexpected ${text.slice(start, start + 8)}`);
    const [kind, part] = Object.entries(found.groups!).find(([, one]) => one !== undefined)!;
    if (kind === 'end') return { tokens, length: token.lastIndex };
    if (kind !== 'space') tokens.push({ kind: kind as Token['kind'], text: part });
  }
  throw new SyntaxError('{{ without }}');
}

/** Each `if`, `with` and `range` has an `end`, and at most one plain `else`. */
function checkBlocks(actions: readonly Token[][], functions: ReadonlySet<string>): void {
  const declared = new Set(['$']);
  const open: { isElse: boolean }[] = [];
  for (const action of actions) {
    const [keyword, ...rest] = action[0]?.kind === 'name' ? action.map(({ text }) => text) : [];
    const block = open.at(-1);
    if (keyword === 'end' || keyword === 'else') {
      if (block === undefined) throw new SyntaxError(`{{ ${keyword} }} without a beginning`);
      if (block.isElse && keyword === 'else') throw new SyntaxError('{{ else }} after {{ else }}');
      if (keyword === 'end') open.pop();
      if (rest.length === 0) {
        block.isElse = true;
        continue;
      }
      if (keyword === 'end' || !/^(if|with)$/.test(rest[0]!))
        throw new SyntaxError(`unexpected ${rest[0]} after ${keyword}`);
      checkPipeline(action.slice(2), functions, declared);
    } else if (keyword !== undefined && /^(if|with|range)$/.test(keyword)) {
      open.push({ isElse: false });
      checkPipeline(action.slice(1), functions, declared);
    } else {
      checkPipeline(action, functions, declared);
    }
  }
  if (open.length > 0) throw new SyntaxError('no {{ end }}');
}

/**
 * A pipeline is commands with `|` between them. A command is operands, and an operand may be a pipeline in
 * brackets.
 */
function checkPipeline(
  tokens: readonly Token[],
  functions: ReadonlySet<string>,
  declared: Set<string>,
): void {
  const assigned = tokens.findIndex(({ text }) => text === ':=');
  for (const { text } of tokens.slice(0, Math.max(assigned, 0))) declared.add(text);
  for (const { kind, text } of tokens) {
    const isKnown = functions.has(text) || (kind === 'variable' && declared.has(text));
    if ((kind === 'name' || kind === 'variable') && !isKnown) throw new SyntaxError(`${text} is not there`);
  }
  const isRight = /^(?:v(?:,v)?:?=)?[ov]+(?:\|[ov]+)*$/.test(withoutBrackets(tokens.map(shapeOf).join('')));
  if (!isRight) throw new SyntaxError(`no pipeline: ${tokens.map(({ text }) => text).join(' ')}`);
}

const shapeOf = ({ kind, text }: Token): string => (kind === 'sign' ? text : kind === 'variable' ? 'v' : 'o');

function withoutBrackets(shape: string): string {
  const shorter = shape.replace(/\([ov]+(?:\|[ov]+)*\)/g, 'o');
  return shorter === shape ? shape : withoutBrackets(shorter);
}
