import { shippedLogql } from '../test/support/shipped-logql.ts';
import { readProofs, standingOf } from '../test/support/shipped-logql-proofs.ts';

/*
 * Prints how much of the shipped LogQL no real Loki has proved in its present text.
 * docs/reference/logql-proofs.md lists it.
 */

console.log(standingOf(shippedLogql(), readProofs()));
