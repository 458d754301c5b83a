import { describe, expect, it } from 'vitest';
import { faultsOf } from '../support/logql-check.ts';
import { faultOfTemplate, ruleFunctions } from '../support/logql-check-template.ts';

const log = (stages: string): string => `{app="web"} ${stages}`;
const sum = (stages: string): string => `sum_over_time({app="web"} ${stages} [5m])`;

/** For each kind what is right, and what is wrong with a part of the fault that the check finds. */
const kinds: Record<string, { right: readonly string[]; wrong: Readonly<Record<string, string>> }> = {
  'the grammar': {
    right: [
      log('|= "a" or "b" != `c` |~ "d" | json | x="y" and (z >= 5 or w < 1.5h) # why'),
      'topk(5, sum by (app) (count_over_time({app=~"a|b"}[1h] offset 1d))) / on (app) 8 unless vector(1)',
    ],
    wrong: {
      [log('| json | x=y')]: 'unexpected y',
      [log('| json | x="y" and')]: 'unexpected end',
      'rate({app="web"})': 'unexpected end',
      "{app='web'}": "unexpected '",
      '{app="web"': 'unexpected end',
      '': 'unexpected end',
    },
  },
  'a string': {
    right: ['{app="a\\\\.b\\"\\u00e9\\x41\\101\\n"}', '{app=`a\\.b"`}'],
    wrong: { '{app="a\\.b"}': '\\. is no escape', '{app="\\ud800"}': 'd800 is no character' },
  },
  'a selector': {
    right: ['{app=~".+"}', '{app=~".*", job="x"}', '{app!="x", job=~"a|b"}'],
    wrong: {
      '{app=~".*"}': 'also takes streams without',
      '{app=~"a|"}': 'also takes streams without',
      '{app!="x"}': 'also takes streams without',
      '{app=""}': 'also takes streams without',
      '{}': 'unexpected }',
    },
  },
  'ip()': {
    right: [
      log('| a=ip("10.0.0.0/8") or a!=ip("::1")'),
      log('|= ip("10.0.0.1-10.0.0.9") != ip("fd00::/64")'),
    ],
    wrong: {
      [log('| a=ip("10.0.0/8")')]: 'names no network',
      [log('| a=ip("10.0.0.0/33")')]: 'names no network',
      [log('| a=ip("fd00::/129")')]: 'names no network',
      [log('| a=ip("10.0.0.256")')]: 'names no address',
      [log('| a=ip("10.0.0.1-::1")')]: 'names no address',
      [log('| a=ip("web-0")')]: 'names no address',
      [log('|= "x" or ip("web-0")')]: 'names no address',
      [log('|~ ip("10.0.0.1")')]: 'only behind |= and !=',
      [log('| a=~ip("10.0.0.1")')]: 'unexpected ip(',
    },
  },
  'an aggregation': {
    right: [
      sum('| unwrap octets | __error__=""'),
      'quantile_over_time(0.99, {app="web"} | unwrap duration(d) [5m]) by (app)',
      'rate({app="web"}[5m]) + rate({app="web"} | unwrap octets [5m])',
      'absent_over_time({app="web"}[5m])',
      'bottomk(3, max by (app) (max_over_time({app="web"} | unwrap octets [5m]) by (app)))',
    ],
    wrong: {
      [sum('| logfmt')]: 'sum_over_time without unwrap',
      'avg_over_time({app="web"}[5m])': 'avg_over_time without unwrap',
      'quantile_over_time(0.9, {app="web"}[5m])': 'quantile_over_time without unwrap',
      'rate_counter({app="web"}[5m])': 'rate_counter without unwrap',
      'quantile_over_time({app="web"} | unwrap x [5m])': 'quantile_over_time without a number',
      'count_over_time({app="web"} | unwrap x [5m])': 'count_over_time with unwrap',
      'count_over_time({app="web"}[5m]) by (app)': 'count_over_time with a grouping',
      'sum_over_time({app="web"} | unwrap x [5m]) by (app)': 'sum_over_time with a grouping',
      'topk(rate({app="web"}[5m]))': 'topk without a number',
      'sum(5, rate({app="web"}[5m]))': 'sum with a number',
    },
  },
  pattern: {
    right: [
      log('| pattern "<a> <_> <b>:<_1>"'),
      log('| pattern `<_> "<a>"`'),
      log('|> "<_> x <_>" !> "y<_>"'),
    ],
    wrong: {
      [log('| pattern "<a><b>"')]: 'two captures side by side',
      [log('| pattern "<a> <_><_>"')]: 'two captures side by side',
      [log('| pattern "<_> <_>"')]: 'captures nothing by a name',
      [log('| pattern "a b"')]: 'captures nothing by a name',
      [log('| pattern "<a> <b"')]: 'does not end',
      [log('| pattern "<a> <b c>"')]: 'does not end',
      [log('| pattern "<a> <_> <a>"')]: 'captures one name twice',
      [log('|> "<a> x"')]: 'a line filter captures <a>',
      [log('|> "<_><_>"')]: 'two captures side by side',
    },
  },
  'a regular expression': {
    right: [
      log('|~ `(?i)a[^ ]+\\.b` | x=~"(?s:.*)" | regexp `(?P<y>\\d+)(-.*)?`'),
      'label_replace(rate({app=~"(a|b)(-.*)?"}[5m]), "x", "$1", "y", `(.*)`)',
    ],
    wrong: {
      [log('|~ `(?=a)`')]: 'invalid or unsupported Perl syntax',
      [log('!~ "a" or "(?!b)"')]: 'invalid or unsupported Perl syntax',
      [log('| x=~`(a)\\1`')]: 'invalid escape sequence',
      [log('| x!~"(a"')]: 'missing closing',
      '{app=~"a**"}': 'invalid nested repetition',
      [log('| regexp `(\\d+)`')]: 'captures nothing by a name',
      [log('| regexp `(?P<a>x)(?P<a>y)`')]: 'duplicate',
      'label_replace(rate({app="web"}[5m]), "x", "$1", "y", `[`)': 'missing closing ]',
    },
  },
  'a template': {
    right: [
      log('| line_format `{{ .a }}:{{ .b | trunc 5 | upper }} {{ __line__ }}`'),
      log(
        '| label_format a=b, c=`{{ if or (eq .x "}}") .y }}{{ with .z }}{{ . }}/{{ end }}{{ else }}-{{ end }}`',
      ),
      log('| label_format a=`{{- /* } */ -}}{{ $n := addf .x .y }}{{ (or $n .z | float64) }}`'),
    ],
    wrong: {
      [log('| line_format `{{ .a `')]: '{{ without }}',
      [log('| line_format `{{ .a }`')]: 'unexpected }',
      [log('| line_format `{ .a }}`')]: '}} without {{',
      [log('| line_format `{{ uper .a }}`')]: 'uper is not there',
      [log('| label_format a=`{{ .a | replaceAll "x" "y" }}`')]: 'replaceAll is not there',
      [log('| label_format a=`{{ if .a }}x`')]: 'no {{ end }}',
      [log('| label_format a=`x{{ end }}`')]: '{{ end }} without a beginning',
      [log('| label_format a=`{{ if .a }}x{{ else }}y{{ else }}z{{ end }}`')]: '{{ else }} after',
      [log('| label_format a=`{{ if }}x{{ end }}`')]: 'no pipeline',
      [log('| label_format a=`{{ or (eq .a "b") .c) }}`')]: 'no pipeline',
      [log('| label_format a=`{{ .a | }}`')]: 'no pipeline',
      [log('| label_format a=`{{ $n }}`')]: '$n is not there',
      [log('| line_format `{{ .a = }}`')]: 'no pipeline',
    },
  },
  'a duration': {
    right: ['rate({app="web"}[1h30m])', 'rate({app="web"}[1w] offset -1d)', log('| d > 1.5h or d <= 0s')],
    wrong: {
      'rate({app="web"}[5x])': 'unexpected 5',
      'rate({app="web"}[5])': 'unexpected 5',
      'rate({app="web"}[0s])': 'no time at all',
      'rate({app="web"}[-5m])': 'no time at all',
      'rate({app="web"}[1.5d])': 'unexpected 1.5',
      'rate({app="web"}[1d1.5h])': '1d1.5h is no duration',
      'rate({app="web"}[30m1h])': 'unexpected 1h',
      'rate({app="web"}[5m] offset 1q)': 'unexpected',
      [log('| d > 2hh')]: 'unexpected h',
    },
  },
};

describe.each(Object.entries(kinds))('the check of LogQL for %s', (_, { right, wrong }) => {
  it.each(right)('accepts %s', (query) => {
    expect(faultsOf(query)).toEqual([]);
  });

  it.each(Object.entries(wrong))('refuses %s: %s', (query, fault) => {
    expect(faultsOf(query).join('\n')).toContain(fault);
  });
});

describe("the check of a rule's annotation", () => {
  it("knows the functions and variables of Prometheus' templates, as Loki's ruler does", () => {
    const text = '{{ $value | humanize }} of {{ with $labels.node }}{{ . }}{{ end }}';
    expect(faultOfTemplate(text, ruleFunctions)).toBeUndefined();
    expect(faultOfTemplate(text)).toContain('$value is not there');
    expect(faultOfTemplate('{{ $values }}', ruleFunctions)).toContain('$values is not there');
    expect(faultOfTemplate('{{ $value | trunc 3 }}', ruleFunctions)).toContain('trunc is not there');
  });
});
