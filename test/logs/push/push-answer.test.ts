import { describe, expect, it } from 'vitest';
import { mayBeStored, outcomeOf, type PushAnswer } from '../../../src/logs/push/push-answer.ts';

const NOW = Date.UTC(2026, 0, 31, 10);
const answer = (status: number, body = '', retryAfter?: string) =>
  outcomeOf({ status, body, retryAfter }, NOW);

const stream = '{namespace="shop", service_name="weir-flows"}';
/** As Loki 3 words them. */
const refusals = {
  line_too_long: `max entry size '256' bytes exceeded for stream '${stream}' while adding an entry with length '300' bytes`,
  greater_than_max_sample_age: `entry for stream '${stream}' has timestamp too old: 2026-01-20T10:00:00Z, oldest acceptable timestamp is: 2026-01-24T10:00:00Z`,
  too_far_in_future: `entry for stream '${stream}' has timestamp too new: 2027-01-20T10:00:00Z`,
  invalid_labels: `error parsing labels '{' with error: parse error at line 1, col 2: syntax error`,
  missing_labels: 'error at least one label pair is required per stream',
  missing_enforced_labels: `missing required labels 'team' for user 'fake' for stream '${stream}' (policy: '')`,
  max_label_names_per_series: `entry for stream '${stream}' has 16 label names; limit 15`,
  label_name_too_long: `stream '${stream}' has label name too long: 'n'`,
  label_value_too_long: `stream '${stream}' has label value too long: 'v'`,
  duplicate_label_names: `stream '${stream}' has duplicate label name: 'namespace'`,
  disallowed_structured_metadata: `stream '${stream}' includes structured metadata, but this feature is disallowed. Please see \`limits_config.allow_structured_metadata\` or contact your Loki administrator to enable it`,
  structured_metadata_too_large: `stream '${stream}' has structured metadata too large: '70000' bytes, limit: '65536' bytes. Please see`,
  structured_metadata_too_many: `stream '${stream}' has too many structured metadata labels: '130', limit: '128'. Please see`,
};
const ignoredEntry = (what: string) =>
  `entry with timestamp 2026-01-31 08:00:00.123456789 +0000 UTC ignored, reason: '${what}',\n`;

describe("Loki's answer to a push", () => {
  it.each([200, 204])('%i means that all is stored', (status) => {
    expect(answer(status)).toEqual({ kind: 'stored' });
  });

  it.each(Object.entries(refusals))('400 means that one line was not stored: %s', (reason, text) => {
    const outcome = answer(400, `${text}\n`);
    expect(outcome).toMatchObject({ kind: 'partly', text });
    expect(outcome).toHaveProperty('dropped', new Map([[reason, 1]]));
  });

  it('400 counts lines by reason, at any length', () => {
    const parts = Object.values(refusals).map((text, index) => `${index + 2} errors like: ${text}`);
    const outcome = answer(400, parts.join('; '));
    expect(outcome).toHaveProperty(
      'dropped',
      new Map(Object.keys(refusals).map((reason, index) => [reason, index + 2])),
    );
    expect((outcome as { text: string }).text).toHaveLength(1_000);
  });

  it('400 sums lines with the same reason', () => {
    const [long, other] = [refusals.line_too_long, refusals.line_too_long.replace('300', '301')];
    expect(answer(400, `2 errors like: ${long}; 1 errors like: ${other}`)).toHaveProperty(
      'dropped',
      new Map([['line_too_long', 3]]),
    );
  });

  it('400 of an ingester contains the number of ignored lines of the last stream, after ten of them', () => {
    const late =
      'entry too far behind, entry timestamp is: 2026-01-31T08:00:00Z, oldest acceptable timestamp is: 2026-01-31T09:00:00Z';
    const body = `${ignoredEntry(late).repeat(10)}user 'fake', total ignored: 12 out of 40 for stream: ${stream}`;
    expect(body.length).toBeGreaterThan(1_500);
    expect(answer(400, body)).toMatchObject({ kind: 'ignored', reason: 'too_far_behind', lines: 12, of: 40 });
    expect(answer(400, body.replaceAll(late, 'entry out of order'))).toMatchObject({
      reason: 'out_of_order',
    });
  });

  it('400 about no line means that nothing is stored', () => {
    expect(answer(400, 'snappy: corrupt input')).toMatchObject({ kind: 'refused', reason: 'bad_request' });
    const unread = "couldn't parse labels: 1:85: parse error: invalid UTF-8 rune";
    expect(answer(400, unread)).toHaveProperty('dropped', new Map([['invalid_labels', 1]]));
    expect(answer(422, 'error at least one valid stream is required')).toMatchObject({
      kind: 'refused',
      reason: 'unprocessable',
    });
  });

  it.each([260, 204, 429, 503])('%i is not retried when an operator has blocked Loki', (status) => {
    const body = `ingestion blocked for user 'fake' until '2027-01-31T10:00:00Z' with status code '${status}'`;
    expect(answer(status, body)).toMatchObject({ kind: 'ignored', reason: 'blocked_ingestion' });
  });

  it.each([
    [413, 'Request Entity Too Large'],
    [
      500,
      'rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5000000 vs. 4194304)',
    ],
    [500, 'rpc error: code = ResourceExhausted desc = trying to send message larger than max (5 vs. 4)'],
    [400, 'request body too large: 104857601 bytes, limit: 104857600 bytes'],
  ])('%i means that the push is too large: %s', (status, text) => {
    expect(answer(status, text)).toEqual({ kind: 'tooLarge', text });
  });

  it.each([
    [
      429,
      "ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while attempting to ingest '9' lines",
      'rate_limited',
    ],
    [
      429,
      `${ignoredEntry(`Per stream rate limit exceeded (limit: 3MB/sec) while attempting to ingest for stream '${stream}' totaling 300B`)}user 'fake', total ignored: 2 out of 3 for stream: ${stream}`,
      'per_stream_rate_limit',
    ],
    [
      429,
      `maximum active stream limit exceeded when trying to create stream ${stream}, reduce`,
      'stream_limit',
    ],
    [429, '', '429'],
    [500, 'at least 2 live replicas required, could only find 1', '500'],
    [502, '', '502'],
    [401, 'no org id', '401'],
    [404, '', '404'],
  ])('%i means that it may be stored later: %s', (status, body, reason) => {
    expect(answer(status, body)).toMatchObject({ kind: 'later', reason, waitMs: undefined });
  });

  it.each([
    ['7', 7_000],
    ['Sat, 31 Jan 2026 10:00:20 GMT', 20_000],
    ['Sat, 31 Jan 2026 09:00:00 GMT', 0],
    ['soon', undefined],
  ])('states by Retry-After %s how long to wait', (retryAfter, waitMs) => {
    expect(answer(503, '', retryAfter)).toMatchObject({ kind: 'later', waitMs });
  });

  it.each(['timeout', 'unreachable'] as const)('is retried if it never comes: %s', (reason) => {
    const outcome = outcomeOf({ error: 'connect ECONNREFUSED 127.0.0.1:3100', reason }, NOW);
    expect(outcome).toMatchObject({ kind: 'later', reason, text: 'connect ECONNREFUSED 127.0.0.1:3100' });
  });

  it.each([
    'missing -http.pathPrefix="/logs" in the requested path "/insert/loki/api/v1/push"',
    'unsupported path requested: "/loki/api/v1/push"',
    'missing route for http://gateway/insert/loki/api/v1/push',
    'requests to /insert/* are disabled with -insert.disable command-line flag',
    'cannot parse common params from request: cannot parse "x" as uint32: invalid syntax',
  ])('keeps the lines for later if it concerns the address or the headers: %s', (body) => {
    expect(answer(400, body)).toMatchObject({ kind: 'later', reason: 'wrong_request', text: body });
  });

  it('means that nothing is stored if it is an HTML page, with any status', () => {
    const page = { status: 200, body: '<html>', retryAfter: undefined, isPage: true };
    expect(outcomeOf(page, NOW)).toMatchObject({ kind: 'later', reason: 'no_log_server' });
  });

  it('is recognised when VictoriaLogs finds a request too large', () => {
    const body =
      'cannot read Loki json data: too big data size exceeding -loki.maxRequestSize=67108864 bytes';
    expect(answer(400, body)).toMatchObject({ kind: 'tooLarge' });
  });

  it.each([
    [{ error: 'connect ECONNREFUSED', reason: 'unreachable', isUnsent: true }, false],
    [{ error: 'socket hang up', reason: 'unreachable' }, true],
    [{ error: 'aborted', reason: 'timeout' }, true],
    [{ status: 502, body: '', retryAfter: undefined }, true],
    [{ status: 503, body: '', retryAfter: undefined }, false],
    [{ status: 429, body: '', retryAfter: undefined }, false],
  ] satisfies [PushAnswer, boolean][])('%j may come after lines are stored: %s', (given, may) => {
    expect(mayBeStored(given)).toBe(may);
  });
});
