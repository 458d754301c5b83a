import { parser } from '@grafana/lezer-logql';
import type { SyntaxNode } from '@lezer/common';
import { faultsOfRangeAggregation, faultsOfVectorAggregation } from './logql-check-aggregations.ts';
import {
  type Fault,
  faultOfDuration,
  faultOfIp,
  faultOfPattern,
  faultOfRange,
  faultOfRegexp,
  faultOfRegexpStage,
} from './logql-check-arguments.ts';
import { faultsOfLineFilter, faultsOfMatcher, faultsOfSelector } from './logql-check-filters.ts';
import { faultOfString } from './logql-check-string.ts';
import { faultOfTemplate } from './logql-check-template.ts';
import { QueryText } from './logql-check-text.ts';

/*
 * A check of LogQL without a Loki. The grammar of Grafana's editor parses the query. Further checks search
 * the tree for what Loki refuses and the grammar accepts. Only a Loki shows what a query finds.
 */

type Check = (node: SyntaxNode, text: QueryText) => Fault[];

/** A check of a node's own strings. */
const strings =
  (check: (text: string) => Fault): Check =>
  (node, text) =>
    text.stringsIn(node).map((string) => check(string));

/** A check of a node's text. */
const itself =
  (check: (text: string) => Fault): Check =>
  (node, text) => [check(text.of(node))];

/** The checks by kind of node. */
const checks: Readonly<Record<string, readonly Check[]>> = {
  String: [itself(faultOfString)],
  Selector: [faultsOfSelector],
  Matcher: [faultsOfMatcher],
  LineFilter: [faultsOfLineFilter],
  IpLabelFilter: [strings(faultOfIp)],
  LabelParser: [
    (node, text) => (node.getChild('Pattern') ? text.stringsIn(node).map(faultOfPattern) : []),
    (node, text) => (node.getChild('Regexp') ? text.stringsIn(node).map(faultOfRegexpStage) : []),
  ],
  LineFormatExpr: [strings(faultOfTemplate)],
  LabelFormatMatcher: [strings(faultOfTemplate)],
  LabelReplaceExpr: [(node, text) => [faultOfRegexp(text.stringsIn(node).at(-1) ?? '')]],
  RangeAggregationExpr: [faultsOfRangeAggregation],
  VectorAggregationExpr: [faultsOfVectorAggregation],
  Range: [itself(faultOfRange)],
  Duration: [itself(faultOfDuration)],
};

/** The faults of a query, one text each. A query that the grammar cannot parse is not checked further. */
export function faultsOf(query: string): string[] {
  const text = new QueryText(query);
  const unread: string[] = [];
  const faults: Fault[] = [];
  parser.parse(query).iterate({
    enter: ({ type, node }) => {
      if (type.isError) unread.push(`unexpected ${text.of(node) || 'end'} at ${node.from}`);
      else faults.push(...(checks[type.name] ?? []).flatMap((check) => check(node, text)));
    },
  });
  return unread.length > 0 ? unread : faults.filter((fault) => fault !== undefined);
}
