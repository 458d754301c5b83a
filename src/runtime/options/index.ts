/**
 * Options as data. Each component keeps its options beside it: a sentence, a value, a typed default, and how
 * a value is read and written. Files, their checks, documents, schemas and examples derive from that.
 */
export {
  asOlderKey,
  customOption,
  type JsonSchema,
  type Option,
  type OptionText,
  type OwnKind,
  type PathUse,
  requiredOption,
  withOlderKey,
  withoutDefault,
} from './option.ts';
export {
  choiceOption,
  durationOption,
  flagOption,
  formatDuration,
  inAnyCase,
  integerOption,
  isIntegerWithin,
  kilobytesOption,
  listOption,
  mapOption,
  megabytesOption,
  nameListOption,
  pathOption,
  textOption,
  textOrNoneOption,
  timerOption,
} from './option-kinds.ts';
export {
  defaultsOf,
  nodeAt,
  type Objection,
  type OptionNode,
  optionalSection,
  optionSection,
  optionSectionList,
  requiredKeysOf,
  type Section,
  type SectionValues,
  type Shape,
  type Values,
} from './section.ts';
export { readSection, type ValueProblem } from './section-reader.ts';
