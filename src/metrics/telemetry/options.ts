import { credentialOptions, readHttpUrl } from '../../http/index.ts';
import {
  choiceOption,
  customOption,
  formatDuration,
  type Objection,
  optionSectionList,
  requiredOption,
  type SectionValues,
  textOption,
  timerOption,
} from '../../runtime/index.ts';
import type { OtlpOptions } from './otlp-options.ts';

/** @param derived where it comes from when the file has none */
export const metricsInstance = (derived: string) =>
  textOption({
    description: 'identity of this process for OTLP receivers (service.instance.id); must be unique',
    value: 'a text',
    derived,
  });

/** Or the interval, if that is less. */
const DEFAULT_TIMEOUT_MS = 10_000;

export const otlpOptions = optionSectionList(
  'OTLP receivers of the metrics, in addition to scrapes.',
  {
    endpoint: requiredOption(
      customOption(
        {
          description: 'the receiver; http/protobuf without a path means /v1/metrics',
          value: 'a URL such as "http://127.0.0.1:4318/v1/metrics"',
          json: { type: 'string' },
        },
        readHttpUrl,
      ),
    ),
    protocol: choiceOption(['http/protobuf', 'grpc'], {
      description: 'protocol of the receiver',
      default: 'http/protobuf',
    }),
    interval: timerOption('1s', { description: 'time between two exports', default: 15_000 }),
    timeout: timerOption('100ms', {
      description: 'time after which an export fails; at most the interval',
      derived: `${formatDuration(DEFAULT_TIMEOUT_MS)}, or interval if that is less`,
    }),
    ...credentialOptions("the receiver's token", "the receiver's"),
  },
  ({ interval, timeout = 0 }): Objection | undefined =>
    timeout > interval
      ? { key: 'timeout', expected: `at most the interval, ${interval / 1_000}s` }
      : undefined,
);

/** A receiver of a file. */
export const otlpReceiver = ({
  endpoint,
  protocol,
  interval,
  timeout,
  headersFile,
  caFile,
}: SectionValues<typeof otlpOptions>): OtlpOptions => ({
  endpoint: endpointOf(endpoint, protocol),
  protocol,
  intervalMs: interval,
  timeoutMs: timeout ?? Math.min(interval, DEFAULT_TIMEOUT_MS),
  ...(headersFile === undefined ? {} : { headersFile }),
  ...(caFile === undefined ? {} : { caFile }),
});

/** OTLP over HTTP has a path of its own for metrics; a receiver's address alone means that. */
function endpointOf(url: URL, protocol: string): string {
  return protocol === 'http/protobuf' && url.pathname === '/' ? new URL('/v1/metrics', url).href : url.href;
}
