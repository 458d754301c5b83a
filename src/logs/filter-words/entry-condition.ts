import { type FieldCondition, fieldOf, protocols, type SmallNumberField } from '../../flow/index.ts';
import { WeirError } from '../../runtime/index.ts';
import { allOf, anyOf, type Expression, negationOf } from './expression.ts';
import type { FieldTests } from './field-tests.ts';

/** The sum of two 64-bit counters is below this. */
const MOST_OCTETS = 2 ** 66;

/**
 * A condition on the fields of a record, as one on entries: what `FlowFilter` tests, in a query language.
 * @throws {WeirError} WEIR_USAGE_LOG_QUERY for what no query language of logs can test
 */
export function entryCondition(condition: FieldCondition, fields: FieldTests): Expression {
  const entryOf = (part: FieldCondition) => entryCondition(part, fields);
  if ('all' in condition) return allOf(...condition.all.map(entryOf));
  if ('any' in condition) return anyOf(...condition.any.map(entryOf));
  if ('not' in condition) return negationOf(entryOf(condition.not));
  if ('startsWith' in condition) return fields.startsWith(condition.text, condition.startsWith);
  if ('workloadOf' in condition) throw unknownToLogs();
  if ('text' in condition) return fields.is(condition.text, condition.is);
  if ('address' in condition) return fields.within(condition.address, condition.within);
  if ('number' in condition)
    return anyOf(...condition.isOneOf.map((number) => numberTest(condition.number, number, fields)));
  if ('told' in condition) return fields.isTold(condition.told);
  return fields.sumIsAtLeast(BigInt(Math.min(condition.isAtLeast, MOST_OCTETS)));
}

const unknownToLogs = (): WeirError =>
  new WeirError(
    'WEIR_USAGE_LOG_QUERY',
    'a query of logs cannot test sourceWorkload and destinationWorkload: lines need not name the workload of a Pod',
    {
      remedy:
        'Test sourcePod, sourceNamespace or sourceNode, or those of the destination. The history tests workloads, too.',
    },
  );

/** A column also holds zero when there is no number. */
function numberTest(field: SmallNumberField, number: number, fields: FieldTests): Expression {
  if (field === 'protocolIdentifier') return protocolTest(number, fields);
  const name = fieldOf(field).enumeration?.names.get(number) ?? String(number);
  const texts = number === 0 ? ['', '0'] : [name];
  return anyOf(...texts.map((text) => fields.is(field, text)));
}

function protocolTest(number: number, fields: FieldTests): Expression {
  const text = protocols.names.get(number) ?? String(number);
  const isProtocol = (one: string) => fields.is('protocol', one, ` ${one || '-'} `);
  return number === 0 ? anyOf(isProtocol(''), isProtocol(text)) : isProtocol(text);
}
