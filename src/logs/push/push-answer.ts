/** What to do after a push. */
export type PushOutcome =
  /** All lines are stored. */
  | { readonly kind: 'stored' }
  /** These are not, the others are; by Loki's reasons. */
  | { readonly kind: 'partly'; readonly dropped: ReadonlyMap<string, number>; readonly text: string }
  /**
   * So many lines are not stored, `of` those that got as far as an ingester; this is about the last of
   * several streams only.
   */
  | {
      readonly kind: 'ignored';
      readonly lines: number;
      readonly of: number;
      readonly reason: string;
      readonly text: string;
    }
  /** Too large as a whole. */
  | { readonly kind: 'tooLarge'; readonly text: string }
  /** None is stored, now or later. */
  | { readonly kind: 'refused'; readonly reason: string; readonly text: string }
  /** Perhaps later. */
  | {
      readonly kind: 'later';
      readonly reason: string;
      readonly text: string;
      readonly waitMs: number | undefined;
    };

/** Whether a push that had this answer may be stored all the same. */
export const mayBeStored = (answer: PushAnswer): boolean =>
  'error' in answer ? answer.isUnsent !== true : answer.status >= 500 && answer.status !== 503;

/** An answer of the server, or why there is none. */
export type PushAnswer =
  | {
      readonly status: number;
      readonly body: string;
      readonly retryAfter: string | undefined;
      /** Whether it is a page for people, which no server for logs answers a push with. */
      readonly isPage?: boolean;
      /** The server's time. */
      readonly date?: string | undefined;
    }
  | {
      readonly error: string;
      readonly reason: 'timeout' | 'unreachable' | 'unknown_server';
      /** Whether it is sure that the server has got nothing of it. */
      readonly isUnsent?: boolean;
    };

/**
 * What the texts of Loki's errors begin with or have in them, by the reason under which Loki itself counts
 * them in loki_discarded_samples_total (pkg/validation/validate.go).
 */
const reasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/max entry size .* exceeded/, 'line_too_long'],
  [/has timestamp too old/, 'greater_than_max_sample_age'],
  [/has timestamp too new/, 'too_far_in_future'],
  [/entry too far behind/, 'too_far_behind'],
  [/out of order/, 'out_of_order'],
  [/(error parsing|couldn't parse) labels/, 'invalid_labels'],
  [/at least one label pair is required/, 'missing_labels'],
  [/missing required labels/, 'missing_enforced_labels'],
  [/label names; limit/, 'max_label_names_per_series'],
  [/label name too long/, 'label_name_too_long'],
  [/label value too long/, 'label_value_too_long'],
  [/duplicate label name/, 'duplicate_label_names'],
  [/includes structured metadata, but this feature is disallowed/, 'disallowed_structured_metadata'],
  [/structured metadata too large/, 'structured_metadata_too_large'],
  [/too many structured metadata labels/, 'structured_metadata_too_many'],
  [/ingestion blocked/, 'blocked_ingestion'],
  [/ingestion rate limit exceeded/, 'rate_limited'],
  [/Per stream rate limit exceeded/, 'per_stream_rate_limit'],
  [/active stream limit exceeded/, 'stream_limit'],
];

/**
 * VictoriaLogs' complaints of the address and of the headers, which somebody can mend: the lines are not to
 * blame.
 */
export const isOfRequest =
  /^(missing -http\.pathPrefix|missing route|unsupported path requested|cannot parse common params)|-insert\.disable/;

/** Characters of an answer that are told in the log. */
const MOST_TEXT = 1_000;

const reasonOf = (text: string, otherwise: string): string =>
  reasons.find(([pattern]) => pattern.test(text))?.[1] ?? otherwise;

export function outcomeOf(answer: PushAnswer, nowMs: number): PushOutcome {
  if ('error' in answer) {
    return {
      kind: 'later',
      reason: answer.reason,
      text: answer.error,
      waitMs: undefined,
    };
  }
  const { status, retryAfter } = answer;
  const body = answer.body.trim();
  const text = body.slice(0, MOST_TEXT);
  if (/^ingestion blocked for user/.test(body)) return blocked(text);
  if (answer.isPage) return { kind: 'later', reason: 'no_log_server', text, waitMs: undefined };
  if (status >= 200 && status < 300) return { kind: 'stored' };
  if (status === 413 || /message larger than max|request body too large|too big data size/.test(body))
    return { kind: 'tooLarge', text };
  if (status === 400 && isOfRequest.test(body))
    return { kind: 'later', reason: 'wrong_request', text, waitMs: undefined };
  if (status === 400) return ofBadRequest(body);
  if (status === 422) return { kind: 'refused', reason: reasonOf(body, 'unprocessable'), text };
  return { kind: 'later', reason: reasonOf(body, String(status)), text, waitMs: waitOf(retryAfter, nowMs) };
}

/**
 * Somebody has told Loki not to take lines, of all streams or of some; the status is theirs to choose, 260
 * unless they do.
 */
const blocked = (text: string): PushOutcome => ({
  kind: 'ignored',
  lines: Number.POSITIVE_INFINITY,
  of: Number.POSITIVE_INFINITY,
  reason: 'blocked_ingestion',
  text,
});

/**
 * The distributor drops lines that break a limit and takes the others; it says so by "N errors like: TEXT;
 * …", or by the text alone when there is one error. An ingester does so, too, and says "total ignored: N out
 * of M for stream: …", of the last of its streams only. Anything else is about the request as a whole.
 */
function ofBadRequest(body: string): PushOutcome {
  const text = body.slice(0, MOST_TEXT);
  const ignored = /total ignored: (\d+) out of (\d+) for stream/.exec(body);
  if (ignored !== null) {
    const [lines, of] = [Number(ignored[1]), Number(ignored[2])];
    return { kind: 'ignored', lines, of, reason: reasonOf(body, 'out_of_order'), text };
  }
  const dropped = new Map<string, number>();
  for (const part of body.split(/; (?=\d+ errors like: )/)) {
    const [, count = '1', what = part] = /^(\d+) errors like: (.*)$/s.exec(part) ?? [];
    const reason = reasonOf(what, '');
    if (reason === '') return { kind: 'refused', reason: 'bad_request', text };
    dropped.set(reason, (dropped.get(reason) ?? 0) + Number(count));
  }
  return { kind: 'partly', dropped, text };
}

/** Whether a reason is about the labels of a stream: Loki counts one error then for all of its lines. */
export const isOfLabels = (reason: string): boolean => /label/.test(reason) && !/metadata/.test(reason);

/** Retry-After (RFC 9110, section 10.2.3): seconds, or a date. */
function waitOf(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

/** The server's time (RFC 9110, section 5.6.7: IMF-fixdate), in whole seconds. */
export function dateOf(answer: PushAnswer): number | undefined {
  const text = 'date' in answer ? (answer.date ?? '') : '';
  const dateMs = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : dateMs;
}
