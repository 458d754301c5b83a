/** A sample of a metric, as GET ../metrics has it. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \S+)?$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const escapes: Readonly<Record<string, string>> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' };

/** The samples of some metrics in Prometheus' text format. Other lines are passed over. */
export function readSamples(text: string, names: readonly string[]): readonly Sample[] {
  const wanted = new Set(names);
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = sampleLine.exec(line) ?? [];
    if (name === undefined || !wanted.has(name)) continue;
    const pairs = [...labels.matchAll(label)].map(([, key, quoted]) => [
      key,
      quoted!.replace(/\\./g, (escaped) => escapes[escaped] ?? escaped),
    ]);
    samples.push({ name, labels: Object.fromEntries(pairs), value: Number(value) });
  }
  return samples;
}

/** The samples of one metric. */
export const valuesOf = (samples: readonly Sample[], name: string): readonly Sample[] =>
  samples.filter((sample) => sample.name === name);
