/** The format of metrics: Prometheus text 0.0.4, or OpenMetrics 1.0. */
export type TextFormat = 'prometheus' | 'openmetrics';

export const contentTypes: Readonly<Record<TextFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/**
 * The format that a client requests by its Accept header (RFC 9110 section 12.5.1). OpenMetrics wins when the
 * client prefers neither. A client that accepts neither gets the Prometheus format, which anybody can read.
 */
export function formatFor(accept: string | undefined): TextFormat {
  const ranges = parseQualities(accept ?? '*/*');
  const openMetrics = qualityOf(ranges, ({ value, parameters }) => {
    const { version = '1.0.0' } = parameters;
    return value === 'application/openmetrics-text' && (version === '1.0.0' || version === '0.0.1');
  });
  const plain = qualityOf(ranges, ({ value }) => ['text/plain', 'text/*', '*/*'].includes(value));
  return openMetrics > 0 && openMetrics >= plain ? 'openmetrics' : 'prometheus';
}

/** Whether a client accepts gzip, by its Accept-Encoding header (RFC 9110 section 12.5.3). */
export function takesGzip(acceptEncoding: string | undefined): boolean {
  const codings = parseQualities(acceptEncoding ?? '');
  const asked =
    codings.find(({ value }) => value === 'gzip' || value === 'x-gzip') ??
    codings.find(({ value }) => value === '*');
  return (asked?.quality ?? 0) > 0;
}

interface Preference {
  readonly value: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** 0…1. */
  readonly quality: number;
}

/** `text/plain;version=0.0.4;q=0.5, …` */
function parseQualities(header: string): Preference[] {
  return header
    .toLowerCase()
    .split(',')
    .map((part) => {
      const [value = '', ...rest] = part.split(';').map((piece) => piece.trim());
      const parameters = Object.fromEntries(
        rest.map((parameter) => parameter.split('=', 2).map((side) => side.trim().replace(/^"(.*)"$/, '$1'))),
      ) as Record<string, string>;
      const quality = Number(parameters.q ?? 1);
      return { value, parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 };
    });
}

function qualityOf(preferences: readonly Preference[], isMeant: (preference: Preference) => boolean): number {
  return Math.max(0, ...preferences.filter(isMeant).map((preference) => preference.quality));
}
