/**
 * Options as data. Each component keeps its options beside it: a sentence, a value, a typed default, and how
 * a value is read and written. Files, their checks, documents, schemas and examples derive from that.
 */
export {
  type JsonSchema,
  type Option,
  type OptionText,
  type OwnKind,
  option,
  type PathUse,
  required,
  withOlderKey,
  withoutDefault,
} from './option.ts';
export {
  choice,
  duration,
  flag,
  inAnyCase,
  integer,
  isIntegerWithin,
  kilobytes,
  list,
  listOfNames,
  mapOf,
  megabytes,
  path,
  text,
  textOrNone,
} from './option-kinds.ts';
export {
  defaultsOf,
  nodeAt,
  type Objection,
  type OptionNode,
  optional,
  requiredKeysOf,
  type Section,
  type SectionValues,
  type Shape,
  section,
  sections,
  type Values,
} from './section.ts';
export { readSection, type ValueProblem } from './section-reader.ts';
