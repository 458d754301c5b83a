import type { SyntaxNode } from '@lezer/common';
import type { QueryText } from './logql-check-text.ts';

/*
 * Loki's rules for aggregations beyond its grammar: which need `unwrap`, refuse it, may group, or take a
 * number. The nodes are those of @grafana/lezer-logql.
 */

const mayGroup = new Set(
  'AvgOverTime MinOverTime MaxOverTime StddevOverTime StdvarOverTime QuantileOverTime FirstOverTime LastOverTime'.split(
    ' ',
  ),
);
const needUnwrap = new Set([...mayGroup, 'SumOverTime', 'RateCounter']);
const refuseUnwrap = new Set(['CountOverTime', 'BytesOverTime', 'BytesRate']);
const needNumber = new Set(['Topk', 'Bottomk', 'Approx_Topk', 'QuantileOverTime']);

/** The faults of a RangeAggregationExpr, such as `sum_over_time(… | unwrap octets [5m])`. */
export function faultsOfRangeAggregation(node: SyntaxNode, text: QueryText): string[] {
  const operation = node.getChild('RangeOp')!;
  const kind = operation.firstChild!.name;
  const name = text.of(operation);
  const isUnwrapped = node.getChild('LogRangeExpr')?.getChild('UnwrapExpr') != null;
  return [
    ...(needUnwrap.has(kind) && !isUnwrapped ? [`${name} without unwrap`] : []),
    ...(refuseUnwrap.has(kind) && isUnwrapped ? [`${name} with unwrap`] : []),
    ...(node.getChild('Grouping') && !mayGroup.has(kind) ? [`${name} with a grouping of its own`] : []),
    ...faultsOfNumber(node, kind, name),
  ];
}

/** The faults of a VectorAggregationExpr, such as `topk(5, …)`. */
export function faultsOfVectorAggregation(node: SyntaxNode, text: QueryText): string[] {
  const operation = node.getChild('VectorOp')!;
  return faultsOfNumber(node, operation.firstChild!.name, text.of(operation));
}

function faultsOfNumber(node: SyntaxNode, kind: string, name: string): string[] {
  const hasNumber = node.getChild('Number') !== null;
  if (hasNumber === needNumber.has(kind)) return [];
  return [hasNumber ? `${name} with a number` : `${name} without a number`];
}
