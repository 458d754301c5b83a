import type { MetricsListen } from '../../metrics/exposition/index.ts';
import { type OtlpOptions, otlpReceiver } from '../../metrics/telemetry/index.ts';
import type { AgentFile } from './agent-file.ts';

/** Where metrics are read, and where they are sent. */
export interface MetricsSettings {
  /** Undefined when /metrics is off. */
  readonly listen: MetricsListen | undefined;
  /** A file with the bearer token that readers need; when undefined, anyone who reaches the address reads. */
  readonly tokenFile?: string | undefined;
  readonly otlp: readonly OtlpOptions[];
  /** The name of this process for receivers of OTLP. */
  readonly instance: string;
}

type Section = AgentFile['weir']['metrics'];

export function metricsSettings(
  { listen, otlp, tokenFile, instance }: Section,
  instanceByDefault: string,
): MetricsSettings {
  return {
    listen: listen === 'off' ? undefined : listen,
    ...(tokenFile !== undefined && { tokenFile }),
    instance: instance ?? instanceByDefault,
    otlp: otlp.map(otlpReceiver),
  };
}
