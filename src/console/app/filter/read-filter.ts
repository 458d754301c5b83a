import { ConditionError, type FlowCondition, parseCondition } from '../../../flow/index.ts';

/** A filter that was read, or what is wrong with its text. */
export type ReadFilter =
  | { readonly condition: FlowCondition; readonly fault?: never }
  | { readonly condition?: never; readonly fault: FilterFault };

export interface FilterFault {
  /** Where it is, in UTF-16 units. */
  readonly at: number;
  readonly message: string;
}

export function readFilter(text: string): ReadFilter {
  try {
    return { condition: parseCondition(text) };
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    return { fault: { at: error.at, message: error.message } };
  }
}
