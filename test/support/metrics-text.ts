/** One line of a metrics text. */
export interface Sample {
  /** With the suffix of its type: `_total`, `_bucket` … */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar?: { labels: Readonly<Record<string, string>>; value: number; timeSeconds?: number };
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string;
  readonly samples: Sample[];
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created', ''],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  gauge: [''],
  info: ['_info'],
  unknown: [''],
  untyped: [''],
};

/**
 * The content of Prometheus's text format 0.0.4 or OpenMetrics 1.0. It is as strict as scrapers. It throws at
 * the first invalid line, a family in two places, a sample outside its family, and a repeated series. An
 * OpenMetrics text must have its end.
 */
export class MetricsText {
  readonly families = new Map<string, Family>();
  readonly samples: Sample[] = [];

  /** @param isOpenMetrics whether it must end with # EOF */
  constructor(text: string, isOpenMetrics = false) {
    if (!text.endsWith('\n')) throw new Error('the text does not end with a line feed');
    const lines = text.slice(0, -1).split('\n');
    if (isOpenMetrics && lines.pop() !== '# EOF') throw new Error('the last line is not # EOF');
    new LineReader(this, isOpenMetrics).read(lines);
  }

  /** The samples of this name that have these labels, and maybe others. */
  samplesOf(name: string, labels: Readonly<Record<string, string>> = {}): Sample[] {
    const wanted = Object.entries(labels);
    return this.samples.filter(
      (sample) => sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
    );
  }

  /** The value of the only such sample; undefined when there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.samplesOf(name, labels);
    if (found.length > 1)
      throw new Error(`${found.length} samples of ${name} have ${JSON.stringify(labels)}`);
    return found[0]?.value;
  }

  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.samplesOf(name, labels).reduce((sum, { value }) => sum + value, 0);
  }
}

/** Scrapes, as OpenMetrics if that is what `accept` asks for and the server gives. */
export async function scrape(url: string, accept = 'text/plain'): Promise<MetricsText> {
  const response = await fetch(url, { headers: { accept } });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}: ${text}`);
  const isOpenMetrics = response.headers.get('content-type')?.startsWith('application/openmetrics-text');
  return new MetricsText(text, isOpenMetrics ?? false);
}

type MutableFamily = { -readonly [Key in keyof Family]: Family[Key] };

class LineReader {
  readonly #into: MetricsText;
  readonly #isOpenMetrics: boolean;
  readonly #series = new Set<string>();
  #family: MutableFamily | undefined;

  constructor(into: MetricsText, isOpenMetrics: boolean) {
    this.#into = into;
    this.#isOpenMetrics = isOpenMetrics;
  }

  read(lines: readonly string[]): void {
    for (const [index, line] of lines.entries()) {
      try {
        if (line.startsWith('#')) this.#comment(line);
        else this.#sample(new SampleReader(line).read());
      } catch (error) {
        throw new Error(`line ${index + 1}: ${(error as Error).message}: ${line.slice(0, 200)}`);
      }
    }
  }

  #comment(line: string): void {
    const comment = /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][\w:]*)(?: (.*))?$/.exec(line);
    if (comment === null) throw new Error('neither HELP, TYPE nor UNIT of a family');
    const [, what, name, text = ''] = comment;
    const family = this.#open(name!);
    if (what === 'HELP') family.help = unescaped(text);
    if (what === 'UNIT') family.unit = text;
    if (what === 'TYPE') {
      if (!Object.hasOwn(suffixes, text)) throw new Error(`there is no type ${text}`);
      family.type = text;
    }
  }

  #open(name: string): MutableFamily {
    if (this.#family?.name === name) return this.#family;
    if (this.#into.families.has(name)) throw new Error(`${name} is in two places`);
    this.#family = { name, type: 'unknown', help: '', unit: '', samples: [] };
    this.#into.families.set(name, this.#family);
    return this.#family;
  }

  #sample(sample: Sample): void {
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()]);
    if (this.#series.has(key)) throw new Error('the series occurs twice');
    this.#series.add(key);
    const { name = '', type = 'unknown' } = this.#family ?? {};
    if (!suffixes[type]!.some((suffix) => sample.name === name + suffix)) {
      throw new Error(`not a sample of the ${type} ${name}`);
    }
    if (this.#isOpenMetrics && type === 'counter' && sample.name === name) {
      throw new Error('a counter without _total');
    }
    if (sample.labels.le !== undefined && Number.isNaN(numberOf(sample.labels.le))) throw new Error('le');
    this.#family!.samples.push(sample);
    this.#into.samples.push(sample);
  }
}

/** `name{label="value",…} number` and after it, in OpenMetrics, ` # {label="value"} number seconds`. */
class SampleReader {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
  }

  read(): Sample {
    const name = this.#take(/[a-zA-Z_:][\w:]*/y, 'a name');
    const labels = this.#line[this.#at] === '{' ? this.#labels() : {};
    this.#take(/ /y, 'a space');
    const value = numberOf(this.#take(/[^ ]+/y, 'a number'));
    if (this.#at === this.#line.length) return { name, labels, value };
    this.#take(/ # /y, 'the end, or an exemplar');
    const exemplarLabels = this.#labels();
    this.#take(/ /y, 'a space');
    const exemplarValue = numberOf(this.#take(/[^ ]+/y, 'a number'));
    const time = this.#at < this.#line.length ? numberOf(this.#take(/ [^ ]+$/y, 'a time').trim()) : undefined;
    const exemplar = { labels: exemplarLabels, value: exemplarValue };
    return {
      name,
      labels,
      value,
      exemplar: time === undefined ? exemplar : { ...exemplar, timeSeconds: time },
    };
  }

  #labels(): Record<string, string> {
    const labels: Record<string, string> = {};
    this.#take(/\{/y, 'an opening brace');
    while (this.#line[this.#at] !== '}') {
      if (Object.keys(labels).length > 0) this.#take(/,/y, 'a comma');
      const label = this.#take(/[a-zA-Z_]\w*/y, 'the name of a label');
      if (label in labels) throw new Error(`label ${label} occurs twice`);
      this.#take(/="/y, '="');
      labels[label] = unescaped(this.#take(/(?:[^"\\]|\\["\\n])*/y, 'a value'));
      this.#take(/"/y, 'a closing quote');
    }
    this.#at++;
    return labels;
  }

  #take(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#line);
    if (found === null) throw new Error(`expected ${what} at character ${this.#at + 1}`);
    this.#at = pattern.lastIndex;
    return found[0];
  }
}

const unescaped = (text: string): string =>
  text.replace(/\\(["\\n])/g, (_, character: string) => (character === 'n' ? '\n' : character));

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  if (text === 'NaN') return Number.NaN;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new Error(`${text} is no number`);
  return Number(text);
}
