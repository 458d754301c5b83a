/** The outcome of a push. */
export type PushOutcome =
  /** All lines are stored. */
  | { readonly kind: 'stored' }
  /** Some lines are not stored, by Loki's reasons; all others are. */
  | { readonly kind: 'partly'; readonly dropped: ReadonlyMap<string, number>; readonly text: string }
  /**
   * A number of lines is not stored, `of` those that reached an ingester. That is about the last of several
   * streams only.
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
  /** No line is stored, and a retry would not help. */
  | { readonly kind: 'refused'; readonly reason: string; readonly text: string }
  /** A retry may help. */
  | {
      readonly kind: 'later';
      readonly reason: string;
      readonly text: string;
      readonly waitMs: number | undefined;
    };

/** Whether a push with this answer may be stored nevertheless. */
export const mayBeStored = (answer: PushAnswer): boolean =>
  'error' in answer ? answer.isUnsent !== true : answer.status >= 500 && answer.status !== 503;

/** The answer of the server, or the reason why there is none. */
export type PushAnswer =
  | {
      readonly status: number;
      readonly body: string;
      readonly retryAfter: string | undefined;
      /** Whether it is a page for people, which no log server sends for a push. */
      readonly isPage?: boolean;
      /** The server's time. */
      readonly date?: string | undefined;
    }
  | {
      readonly error: string;
      readonly reason: 'timeout' | 'unreachable' | 'unknown_server';
      /** Whether it is certain that the server received nothing. */
      readonly isUnsent?: boolean;
    };

/**
 * Parts of Loki's error texts, by Loki's reason in loki_discarded_samples_total (pkg/validation/validate.go).
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
 * VictoriaLogs' complaints about the address and the headers. The user can correct them, so the lines are not
 * dropped.
 */
export const isOfRequest =
  /^(missing -http\.pathPrefix|missing route|unsupported path requested|cannot parse common params)|-insert\.disable/;

/** Maximum characters of an answer in the log. */
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
  if (/^ingestion blocked for user/.test(body)) return blockedOutcome(text);
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
 * The user has configured Loki to refuse lines, of all streams or of some. The status is configurable;
 * default 260.
 */
const blockedOutcome = (text: string): PushOutcome => ({
  kind: 'ignored',
  lines: Number.POSITIVE_INFINITY,
  of: Number.POSITIVE_INFINITY,
  reason: 'blocked_ingestion',
  text,
});

/**
 * The distributor drops lines that exceed a limit and accepts the others. It answers "N errors like: TEXT;
 * …", or only the text for a single error. An ingester does the same, and answers "total ignored: N out of M
 * for stream: …" for the last of its streams only. Any other answer is about the whole request.
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

/** Whether a reason is about the labels of a stream: Loki then counts one error for all of its lines. */
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
