/**
 * What every process of Weir needs: clock, ordered start and stop, coded errors, bounded queue, log, options,
 * ledger. Knows nothing of flows, IPFIX or the kernel.
 */

export type { AccountStatement, PeerStatement } from './account-statement.ts';
export { BoundedQueue } from './bounded-queue.ts';
export { type Clock, SystemClock, systemClock, type TimeSource } from './clock.ts';
export { DirectoryLock } from './directory-lock.ts';
export { parseDuration, parseSince } from './duration.ts';
export type { ErrorCode } from './error-codes.ts';
export { describeError, WeirError } from './errors.ts';
export { expectGuardedFolder, FOLDER_OPEN_TO_ALL, NO_LINK } from './guarded-folder.ts';
export { everyAddress, formatHostPort, type HostPort, isHost, readHostPort } from './host-port.ts';
export {
  Account,
  type AccountOptions,
  formatLedger,
  Ledger,
} from './ledger.ts';
export { type Component, Lifecycle, withDeadline } from './lifecycle.ts';
export {
  Log,
  type LogEntry,
  type LogFields,
  type LogLevel,
  type LogListener,
  logLevelOption,
  logLevels,
  type Refused,
} from './log.ts';
export { hashOfOctets, hashOfText } from './octet-hash.ts';
export {
  asOlderKey,
  choiceOption,
  customOption,
  defaultsOf,
  durationOption,
  flagOption,
  formatDuration,
  inAnyCase,
  integerOption,
  isIntegerWithin,
  type JsonSchema,
  kilobytesOption,
  listOption,
  mapOption,
  megabytesOption,
  nameListOption,
  nodeAt,
  type Objection,
  type Option,
  type OptionNode,
  type OptionText,
  type OwnKind,
  optionalSection,
  optionSection,
  optionSectionList,
  type PathUse,
  pathOption,
  readSection,
  requiredKeysOf,
  requiredOption,
  type Section,
  type SectionValues,
  type Shape,
  textOption,
  textOrNoneOption,
  timerOption,
  type ValueProblem,
  type Values,
  withOlderKey,
  withoutDefault,
} from './options/index.ts';
export { PartLedger } from './part-ledger.ts';
export { PeerMap } from './peer-map.ts';
export { printableJson, printableLines, printableText } from './printable.ts';
export { Refusals } from './refusals.ts';
export { RetryDelay } from './retry-delay.ts';
export { Slices } from './slices.ts';
export { isStreamed } from './standard-stream.ts';
export { startWorker } from './worker.ts';
