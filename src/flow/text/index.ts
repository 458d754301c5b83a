/** Writes values as text into bytes, without an allocation for each; and quantities as people read them. */
export { writeAddress } from './address-text.ts';
export { ByteBuffer } from './byte-buffer.ts';
export { Literal } from './literal.ts';
export { NamedValues } from './named-values.ts';
export { nearestName, suggestionText } from './nearest-name.ts';
export { writeDecimal } from './number-text.ts';
export { formatBitRate, formatCount, formatOctets, formatSpan } from './quantities.ts';
export { LAST_INSTANT_MS, timeOf, timeText, writeTime } from './time-text.ts';
