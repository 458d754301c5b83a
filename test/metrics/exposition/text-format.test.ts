import { describe, expect, it } from 'vitest';
import { formatFor, takesGzip } from '../../../src/metrics/exposition/text-format.ts';

describe('the format of an answer', () => {
  const prometheus3 =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
  it.each([
    ['what Prometheus 3 sends', prometheus3, 'openmetrics'],
    ['OpenMetrics liked as much as text', 'text/plain, application/openmetrics-text', 'openmetrics'],
    ['text liked better', 'application/openmetrics-text;q=0.4,text/plain;q=0.5', 'prometheus'],
    ['anything', '*/*', 'prometheus'],
    ['a browser', 'text/html,application/xhtml+xml,*/*;q=0.8', 'prometheus'],
    ['nothing', undefined, 'prometheus'],
    ['OpenMetrics refused', 'application/openmetrics-text;q=0, */*;q=0', 'prometheus'],
    ['an OpenMetrics that does not exist', 'application/openmetrics-text;version=9.0.0', 'prometheus'],
    ['only the protocol buffers', 'application/vnd.google.protobuf', 'prometheus'],
    [
      'a version in quotes, capitals and spaces',
      ' Application/OpenMetrics-Text ; Version="1.0.0" ',
      'openmetrics',
    ],
    ['a quality that is none', 'application/openmetrics-text;q=high', 'prometheus'],
  ])('follows the Accept header: %s', (_, accept, format) => {
    expect(formatFor(accept)).toBe(format);
  });

  it.each([
    ['gzip', true],
    ['deflate, gzip;q=0.5', true],
    ['*', true],
    ['gzip;q=0, *', false],
    ['identity', false],
    ['br;q=1.0, *;q=0', false],
    [undefined, false],
  ])('follows the Accept-Encoding header: %s', (header, isTaken) => {
    expect(takesGzip(header)).toBe(isTaken);
  });
});
