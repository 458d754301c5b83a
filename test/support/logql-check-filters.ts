import type { SyntaxNode } from '@lezer/common';
import { RE2JS } from 're2js';
import { type Fault, faultOfIp, faultOfLinePattern, faultOfRegexp } from './logql-check-arguments.ts';
import type { QueryText } from './logql-check-text.ts';

/* Loki's rules for selectors and filters beyond its grammar. The nodes are those of @grafana/lezer-logql. */

/** The Matcher `name=~"…"` of a selector or a filter. */
export function faultsOfMatcher(node: SyntaxNode, text: QueryText): Fault[] {
  return isRegexp(node) ? text.stringsIn(node).map(faultOfRegexp) : [];
}

/** A Selector needs a label that its streams must have. */
export function faultsOfSelector(selector: SyntaxNode, text: QueryText): Fault[] {
  const isNarrow = matchersIn(selector).some((node) =>
    text.stringsIn(node).some((value) => narrows(node, value)),
  );
  return [isNarrow ? undefined : `${text.of(selector)} also takes streams without its labels`];
}

function narrows(matcher: SyntaxNode, value: string): boolean {
  if (matcher.getChild('Eq')) return value !== '';
  if (matcher.getChild('Re')) return faultOfRegexp(value) === undefined && !RE2JS.matches(value, '');
  return false;
}

function matchersIn(node: SyntaxNode): SyntaxNode[] {
  return [...node.getChildren('Matchers').flatMap(matchersIn), ...node.getChildren('Matcher')];
}

const isRegexp = (node: SyntaxNode): boolean => Boolean(node.getChild('Re') ?? node.getChild('Nre'));

/** A LineFilter and its alternatives after `or`, which share its sign. */
export function faultsOfLineFilter(node: SyntaxNode, text: QueryText): Fault[] {
  const sign = node.getChild('Filter')!.firstChild!.name;
  return alternatives(node).flatMap((one) => {
    const isAddress = one.getChild('FilterOp') !== null;
    if (isAddress && sign !== 'PipeExact' && sign !== 'Neq')
      return ['a line filter has ip() only behind |= and !='];
    const check = isAddress ? faultOfIp : faultsBySign[sign];
    return check === undefined ? [] : text.stringsIn(one).map(check);
  });
}

const faultsBySign: Readonly<Record<string, (text: string) => Fault>> = {
  PipeMatch: faultOfRegexp,
  Nre: faultOfRegexp,
  PipePattern: faultOfLinePattern,
  Npa: faultOfLinePattern,
};

const alternatives = (node: SyntaxNode): SyntaxNode[] => [
  node,
  ...node.getChildren('OrFilter').flatMap(alternatives),
];
