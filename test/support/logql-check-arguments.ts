import { isIP, isIPv4 } from 'node:net';
import { RE2JS } from 're2js';

/*
 * Checks for the arguments of stages and filters. The grammar takes any string there.
 */

/** A sentence, or undefined without a fault. */
export type Fault = string | undefined;

/** An address, a range `first-last`, or a network in CIDR notation. */
export function faultOfIp(text: string): Fault {
  const [, network, bits] = /^([^/]*)\/(\d{1,3})$/.exec(text) ?? [];
  if (network !== undefined) {
    const most = isIPv4(network) ? 32 : 128;
    return isIP(network) > 0 && Number(bits) <= most ? undefined : `ip("${text}") names no network`;
  }
  const ends = text.split('-');
  const families = new Set(ends.map(isIP));
  if (ends.length <= 2 && families.size === 1 && !families.has(0)) return undefined;
  return `ip("${text}") names no address`;
}

/** A regular expression of RE2, which knows no lookaround and no backreference. */
export function faultOfRegexp(text: string): Fault {
  try {
    RE2JS.compile(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The argument of the stage `regexp`, which needs a capture with a name. */
export function faultOfRegexpStage(text: string): Fault {
  const fault = faultOfRegexp(text);
  if (fault !== undefined) return fault;
  const names = Object.keys(RE2JS.compile(text).namedGroups());
  if (names.length === 0) return 'regexp captures nothing by a name';
  const wrong = names.find((name) => !isLabelName(name));
  return wrong === undefined ? undefined : `regexp captures ${wrong}, which is no name of a label`;
}

/** The argument of the stage `pattern`. */
export function faultOfPattern(text: string): Fault {
  const captures = Array.from(text.matchAll(capture), ([, name]) => name!);
  const named = captures.filter((name) => name !== '_');
  if (named.length === 0) return `pattern "${text}" captures nothing by a name`;
  if (new Set(named).size < named.length) return `pattern "${text}" captures one name twice`;
  return faultOfCaptures(text);
}

/** The argument of the line filters `|>` and `!>`, which have only captures without a name. */
export function faultOfLinePattern(text: string): Fault {
  const named = Array.from(text.matchAll(capture), ([, name]) => name!).find((name) => name !== '_');
  return named === undefined ? faultOfCaptures(text) : `a line filter captures <${named}>`;
}

const capture = /<([a-zA-Z_][a-zA-Z0-9_]*)>/g;

function faultOfCaptures(text: string): Fault {
  if (sideBySide.test(text)) return `pattern "${text}" has two captures side by side`;
  if (text.replaceAll(capture, '').includes('<')) return `pattern "${text}" has a capture that does not end`;
  return undefined;
}

const sideBySide = new RegExp(capture.source.repeat(2));

/** A duration of Go, or one of Prometheus, which has days, weeks and years but no fractions. */
export function faultOfDuration(text: string): Fault {
  return goDuration.test(text) || prometheusDuration.test(text) ? undefined : `${text} is no duration`;
}

const goDuration = /^-?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;
const prometheusDuration = /^-?(?=\d)(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/;

/** A range with its brackets. It is longer than nothing. */
export const faultOfRange = (text: string): Fault =>
  /^\[\s*-/.test(text) || !/[1-9]/.test(text) ? `${text} is no time at all` : undefined;

const isLabelName = (name: string): boolean => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
