/**
 * What the SDK's exporters read from the environment for all receivers: headers, certificates, compression,
 * temporality.
 */
const prefix = 'OTEL_EXPORTER_OTLP_';

/**
 * Makes an exporter that knows only what the configuration says about its receiver. The SDK would add the
 * environment's headers for each receiver, so one receiver could get another's token.
 */
export function withoutOtlpEnvironment<T>(make: () => T): T {
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith(prefix));
  for (const [name] of hidden) delete process.env[name];
  try {
    return make();
  } finally {
    for (const [name, value] of hidden) process.env[name] = value;
  }
}

/** The OTLP variables in the environment that Weir ignores, for a warning. */
export const unusedVariables = (): string[] =>
  Object.keys(process.env).filter((name) => name.startsWith(prefix));
